// Creates the objects that are on the server before the first journey.
import { password } from "./server.mjs";

/** Returns the made-up digest of an image. */
export const digest = (letter) => `sha256:${letter.repeat(64)}`;

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
    const image = (id, ago, action, repository, tag, letter, by) => ({ id, ago, action, repository, tag, digest: digest(letter), by });
    // These events happen after the accounts are made. The server does not show events from before an account existed.
    await server.report([
        image("1", 0.009, "push", "web/site", "v1", "a", "alice"),
        image("2", 0.008, "push", "web/site", "v2", "b", "ci-web"),
        image("3", 0.007, "push", "shop/api", "v1", "c", "bob"),
        image("4", 0.006, "pull", "shop/api", "v1", "c", "bob"),
        image("5", 0.005, "pull", "web/site", "v2", "b", "ci-web"),
        image("6", 0.004, "pull", "web/site", "v2", "b", "ci-web"),
        image("7", 0.003, "push", "base/linux", "a-tag-with-a-name-that-is-much-longer-than-others-are", "d", ""),
        image("8", 0.002, "delete", "web/site", undefined, "a", "alice"),
    ]);
}
