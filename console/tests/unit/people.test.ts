// The pure functions behind the pages of people and registries.

import { expect, test } from "vitest";
import type { Rule, Service } from "../../src/api/types";
import { cascadeOf, directFirst } from "../../src/model/about";
import { endOf, grantOf, keyState, lifeOf, nextName, scopesOf } from "../../src/model/accessKey";
import { accountBody, accountChanges, accountDraft, accountPatch, accountState, isLabel, isSubjectName, labelList, labelsOf, newAccount } from "../../src/model/account";
import { groupChanges, isMember } from "../../src/model/group";
import { mayOf } from "../../src/model/may";
import { hasEnvironment, includesPull, isTtl, newService, serviceBody, serviceDraft, serviceEffects, isLocal } from "../../src/model/service";
import { command, isRegistry, tools, word } from "../../src/model/setUp";

const at = (text: string) => Date.parse(text);
const now = at("2026-11-30T12:00:00Z");

test("labels become a list and labels again, unchanged", () => {
    const labels = { team: ["web", "a=b"], site: ["köln 1, west"] };
    expect(labelList(labels)).toEqual(["site=köln 1, west", "team=a=b", "team=web"]);
    expect({ ...labelsOf(labelList(labels)) }).toEqual({ site: ["köln 1, west"], team: ["a=b", "web"] });
    expect({ ...labelsOf(["__proto__=x"]) }).toHaveProperty("__proto__");
});

test.each(["team=web", "a.b-c_d=x y", "team=a=b"])("%s is a label", (text) => expect(isLabel(text)).toBe(true));
test.each(["team", "team=", "Team=web", "=web", "<b>=x"])("%s is not a label", (text) => expect(isLabel(text)).toBe(false));
test.each(["alice", "dave@example.org", "A+b", "x".repeat(255)])("%s may be a name", (text) => expect(isSubjectName(text)).toBe(true));
test.each(["", "-a", "a b", "a/b", "<img>", "x".repeat(256)])("%s may not be a name", (text) => expect(isSubjectName(text)).toBe(false));

test("a patch of an account has the changed fields, and null for removed labels", () => {
    const before = { ...newAccount(), name: "a", labels: ["team=web", "site=k"] };
    const after = { ...before, disabled: true, labels: ["team=shop"] };
    expect(accountChanges(before, { ...before, labels: ["site=k", "team=web"] })).toEqual([]);
    expect(accountPatch(before, after)).toEqual({ disabled: true, labels: { site: null, team: ["shop"] } });
    expect(accountPatch(before, before)).toEqual({});
});

test("the body for a user has no fields that only robots have", () => {
    expect(Object.keys(accountBody("user", newAccount()))).toEqual(["admin", "disabled", "labels"]);
    expect(Object.keys(accountBody("robot", newAccount()))).toContain("expires_at");
});

test("the draft of a robot has the fields that only robots have", () => {
    const robot = { name: "ci", admin: false, disabled: false, labels: {}, groups: [], description: "builds", expires_at: "2026-12-01T00:00:00Z" };
    expect(accountDraft(robot)).toMatchObject({ description: "builds", expires_at: "2026-12-01T00:00:00Z" });
});

test("a disabled account that has ended counts as disabled", () => {
    const ended = "2026-11-30T12:00:00Z";
    expect(accountState({ disabled: false, expires_at: ended }, now)).toBe("ended");
    expect(accountState({ disabled: true, expires_at: ended }, now)).toBe("disabled");
    expect(accountState({ disabled: false, expires_at: "2026-11-30T12:00:01Z" }, now)).toBe("on");
    expect(accountState({ disabled: false }, now)).toBe("on");
});

test("a key ends after a number of days, at the end of a day, or never", () => {
    expect(endOf("30", "", now)).toBe("2026-12-30T12:00:00Z");
    expect(endOf("none", "", now)).toBeNull();
    const end = endOf("date", "2026-12-24", now);
    expect(new Date(end!).getTime()).toBe(new Date(2026, 11, 25).getTime());
    for (const bad of ["", "2026-11-01", "24.12.2026", "x"]) expect(endOf("date", bad, now), bad).toBeUndefined();
});

test("grants become scopes and grants again, unchanged", () => {
    const grants = [{ name: "web/**", actions: ["pull", "push"] }];
    expect(scopesOf(grants)).toEqual(["repository:web/**:pull,push"]);
    expect(scopesOf(grants).map(grantOf)).toEqual(grants);
    expect(scopesOf([{ name: "", actions: ["pull"] }, { name: "a", actions: [] }])).toEqual([]);
    expect(grantOf("repository:localhost:5000/a:pull")).toEqual({ name: "localhost:5000/a", actions: ["pull"] });
    expect(grantOf("registry:catalog:*")).toBeUndefined();
    expect(grantOf("repository:pull")).toBeUndefined();
});

test("the state of a key is `soon` in its last seven days", () => {
    expect(keyState({ expires_at: "2026-12-07T12:00:00Z" }, now)).toBe("soon");
    expect(keyState({ expires_at: "2026-12-07T12:00:01Z" }, now)).toBe("good");
    expect(keyState({ expires_at: "2026-11-30T12:00:00Z" }, now)).toBe("ended");
    expect(keyState({ expires_at: null }, now)).toBe("good");
});

const rule = (name: string, subjects: string[], enabled = true) => ({ name, subjects, enabled }) as Rule;

test("rules that name the subject itself come first", () => {
    const found = directFirst([rule("a", ["group:web"]), rule("b", ["user:x", "group:web"])], "user:x");
    expect(found.map((one) => [one.rule.name, one.direct])).toEqual([["b", true], ["a", false]]);
});

test("a deletion changes rules, and disables rules without another subject", () => {
    const rules = [rule("a", ["user:x"]), rule("b", ["user:x", "group:web"]), rule("c", ["group:web"]), rule("d", ["user:x"], false)];
    expect(cascadeOf(rules, "user:x")).toEqual({ changed: 2, disabled: 1 });
});

test("the order of the members of a group does not matter", () => {
    const group = { name: "g", description: "", members: ["user:a", "robot:b"] };
    expect(groupChanges(group, { ...group, members: ["robot:b", "user:a"] })).toEqual([]);
    expect(groupChanges(group, { ...group, members: [], description: "x" })).toEqual(["description", "members"]);
    expect([isMember("user:a"), isMember("group:a"), isMember("user:"), isMember("everyone")]).toEqual([true, false, false, false]);
});

test("an answer grants the actions that it lists", () => {
    const granted = [{ type: "repository", name: "a", actions: ["pull"] }];
    expect(mayOf({ granted }, ["pull", "push"])).toEqual([{ action: "pull", granted: true }, { action: "push", granted: false }]);
});

test("a change of a registry has the expected effects on clients", () => {
    const before = newService();
    expect(serviceEffects(before, { ...before, token_ttl: "600" })).toEqual([]);
    expect(serviceEffects(before, { ...before, trust: "jwks" })).toEqual(["refused"]);
    expect(serviceEffects(before, { ...before, profile: "zot", offline_tokens: false, password_grant: false })).toEqual([
        "refused", "no-sign-ins", "no-passwords", "less-pull",
    ]);
    expect(serviceEffects({ ...before, profile: "custom" }, { ...before, profile: "custom", push_includes_pull: "true" })).toEqual(["more-pull"]);
    expect(includesPull({ ...before, push_includes_pull: "false" })).toBe(false);
});

test("a registry becomes a draft and a body again, unchanged", () => {
    const service: Service = {
        name: "r", profile: "custom", token_ttl: 300, offline_tokens: true, password_grant: false, events: false, search: true, push_includes_pull: false, trust: "jwks", key_id: null, managed_by: null,
    };
    expect({ name: "r", ...serviceBody(serviceDraft(service)) }).toEqual(service);
    expect([isTtl("60"), isTtl("3600"), isTtl("59"), isTtl("3601"), isTtl("6e2"), isTtl("")]).toEqual([true, true, false, false, false, false]);
    expect([hasEnvironment("zot"), hasEnvironment("gitlab")]).toEqual([false, true]);
});

test.each(["registry.example.org", "localhost:5000", "10.0.0.1:5000", "my_registry", "r"])("%s is the address of a registry", (text) => {
    expect(isRegistry(text)).toBe(true);
});
test.each(["", "https://r", "r/x", "r:", "r:0", "r:99999", "a b", "$(id)", "-r", "r;ls", "r..x", "r:5000:1", "ü.org"])("%s is not the address of a registry", (text) => {
    expect(isRegistry(text)).toBe(false);
});

test("a quoted text is one word for a shell", () => {
    expect(word("alice@example.org")).toBe("alice@example.org");
    expect(word("it's $(id) `x`")).toBe(`'it'\\''s $(id) \`x\`'`);
    expect(word("")).toBe("''");
});

test("no command contains a key, and a name that looks like a flag is not read as a flag", () => {
    for (const tool of tools) {
        const text = command(tool, "r.example.org", "--help");
        expect(text, tool).toContain("r.example.org");
        expect(text, tool).toMatch(/user(name)?=--help/);
        expect(text, tool).not.toMatch(/ptr_/);
    }
});

test("a replacement of a key has the next name and the same lifetime", () => {
    expect([nextName("laptop"), nextName("laptop-2"), nextName("a-b")]).toEqual(["laptop-2", "laptop-3", "a-b-2"]);
    const created_at = "2026-01-01T00:00:00.5Z";
    expect(lifeOf({ created_at, expires_at: null }).life).toBe("none");
    expect(lifeOf({ created_at, expires_at: "2026-04-01T00:00:00Z" }).life).toBe("90");
    const now = Date.parse("2026-06-01T12:00:00Z");
    const other = lifeOf({ created_at, expires_at: "2026-01-11T00:00:00Z" }, now);
    expect(other).toEqual({ life: "date", date: "2026-06-10" });
    expect(endOf(other.life, other.date, now)).toBeTruthy();
});

test("a loopback address in the settings is found", () => {
    expect(isLocal('realm: "http://localhost:5001/token"')).toBe(true);
    expect(isLocal('realm: "https://auth.example.org/token"')).toBe(false);
    expect(isLocal('realm: "https://localhost.example.org/token"')).toBe(false);
});
