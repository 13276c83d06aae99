// What is on the server before the first journey.
import { password } from "./server.mjs";

export async function seed(server) {
    const put = (path, body) => server.api("PUT", path, body);
    for (const name of ["alice", "bob"]) await put(`/users/${name}`, { password, labels: { team: ["web"] } });
    await put("/robots/ci-web", { description: "builds the web site" });
    await put("/groups/web", { description: "Makes the web site", members: ["user:alice", "robot:ci-web"] });
    await put("/groups/shop", { description: "Makes the shop", members: ["user:bob"] });
    await put("/services/mirror.example.org", { profile: "zot" });
    const rule = (name, more) => put(`/rules/${name}`, { actions: ["pull"], ...more });
    await rule("web-team", { subjects: ["group:web"], names: ["web/**"], actions: ["pull", "push"], description: "The team's own" });
    await rule("shop-team", { subjects: ["group:shop"], names: ["shop/**"], actions: ["pull", "push"] });
    await rule("freeze", { effect: "deny", subjects: ["everyone"], names: ["web/old/**"], actions: ["push"] });
    await rule("base-images", { subjects: ["authenticated"], names: ["base/*"] });
    await rule("office", { subjects: ["group:shop"], names: ["office/**"], networks: ["10.0.0.0/8"] });
    await rule("resting", { subjects: ["group:shop"], names: ["rest/**"], enabled: false });
}
