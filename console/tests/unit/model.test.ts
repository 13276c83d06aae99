// The pure functions. Each line of a table has an input and the expected output.

import { describe, expect, test } from "vitest";
import type { CheckAnswer, Explanation, Plan, Rule, RuleField } from "../../src/api/types";
import { differences, draftOf, fieldsOf, isUnusual, missing, newDraft, withMore } from "../../src/model/draft";
import { consideredOf, narrowFirst, onlyFault, parseScope, remedyOf, ruleFields, ruleNameFor, scopeOf, tierAbove, verdictOf } from "../../src/model/explain";
import { filter } from "../../src/model/filter";
import { exampleOf, globFault, isAction, isPattern, isRuleName, isSelector, meaning } from "../../src/model/glob";
import { columnsOf, conditionsOf, denialsOf, requestsOf, rowOf, rowsOf, withAll } from "../../src/model/matrix";
import { once } from "../../src/model/once";
import { onePath, twoParts } from "../../src/model/onePath";
import { bareMessage, effectOf } from "../../src/model/plan";
import { fromLocal, toLocal } from "../../src/model/time";

const rule: Rule = {
    name: "web-team", effect: "allow", subjects: ["group:web"], services: ["*"], type: "repository", names: ["web/**"], actions: ["pull"],
    networks: [], not_before: null, not_after: null, priority: 5, enabled: true, description: "", managed_by: null, warnings: null,
};

describe("drafts", () => {
    test("a rule becomes a draft and fields again, unchanged", () => {
        const { name: _, warnings: __, ...fields } = rule;
        expect(fieldsOf(draftOf(rule))).toEqual(fields);
    });
    test("the order of lists and repeated entries make no difference", () => {
        const draft = draftOf({ ...rule, actions: ["pull", "push"] });
        expect(differences(draft, { ...draft, actions: ["push", "pull", "push"] })).toEqual([]);
        expect(differences(draft, { ...draft, actions: ["pull"], priority: "6" })).toEqual(["actions", "priority"]);
    });
    test("empty and malformed fields are missing", () => {
        expect(missing(newDraft())).toEqual(["name", "subjects", "names", "actions"]);
        expect(missing({ ...draftOf(rule), priority: "1.5" })).toEqual(["priority"]);
        expect(missing({ ...draftOf(rule), priority: "-3" })).toEqual([]);
    });
    test("an added entry is in the list only once", () => {
        expect(withMore(draftOf(rule), { names: ["web/**", "shop/api"] }).names).toEqual(["web/**", "shop/api"]);
    });
    test("a rule with a rarely used field is unusual", () => {
        expect(isUnusual(newDraft())).toBe(false);
        expect(isUnusual(newDraft({ networks: ["10.0.0.0/8"] }))).toBe(true);
        expect(isUnusual(newDraft({ services: ["*", "registry"] }))).toBe(true);
    });
});

describe("patterns", () => {
    test.each([
        ["**", { kind: "every" }],
        ["web/**", { kind: "below", prefix: "web" }],
        ["web/*", { kind: "inside", prefix: "web" }],
        ["web/app", { kind: "exact", name: "web/app" }],
        ["${group}/**", { kind: "own", placeholder: "group", rest: "/**" }],
        ["${label:team}", { kind: "own", placeholder: "label:team", rest: "" }],
        ["web/*/x?", { kind: "pattern" }],
        ["${group}/x", { kind: "pattern" }],
    ])("the meaning of %s", (glob, expected) => expect(meaning(glob)).toEqual(expected));
    test.each([
        ["web/**", undefined],
        ["**/b", undefined],
        ["web//x", "empty-segment"],
        ["/web", "empty-segment"],
        ["web/**x", "glued"],
        ["${team}/**", "placeholder"],
        ["${group/**", "placeholder"],
        ["x".repeat(513), "long"],
    ])("the fault of %s", (glob, expected) => expect(globFault(glob)).toBe(expected));
    test("names and whole scopes are not patterns", () => {
        expect(["prod/**", "a?", "${group}/x"].map(isPattern)).toEqual([true, true, true]);
        expect(["prod/app", "repository:prod/app:*", "registry:catalog:*"].map(isPattern)).toEqual([false, false, false]);
    });
    test("only well-formed selectors, actions and names are accepted", () => {
        for (const good of ["group:web", "user:a@b.c", "robot:ci-web", "everyone"]) expect(isSelector(good), good).toBe(true);
        for (const bad of ["web", "group:", "team:web", "user:a b", "user:-x"]) expect(isSelector(bad), bad).toBe(false);
        expect([isAction("pull"), isAction("*"), isAction("Pull")]).toEqual([true, true, false]);
        expect([isRuleName("web-team"), isRuleName("Web"), isRuleName("-x")]).toEqual([true, false, false]);
    });
});

describe("filter", () => {
    const rows = [{ name: "web-team", who: "group:web" }, { name: "data", who: "group:Data" }];
    const parts = (row: (typeof rows)[number]) => [row.name, row.who];
    test("a row matches if it contains every word, in upper or lower case", () => {
        expect(filter(rows, "", parts)).toBe(rows);
        expect(filter(rows, "DATA", parts)).toEqual([rows[1]]);
        expect(filter(rows, "web group", parts)).toEqual([rows[0]]);
        expect(filter(rows, "teamgroup", parts)).toEqual([]);
    });
});

const fits = (...not: RuleField[]) => Object.fromEntries(ruleFields.map((field) => [field, !not.includes(field)])) as Record<RuleField, boolean>;
const why = (given: Partial<Explanation>): Explanation => ({
    action: "push", type: "repository", name: "shop/api", granted: false, allowed_by: [], denied_by: null, decided_by: [], hidden: [], near_misses: [],
    nothing_matches: null, priority: null, restricted: false, considered: [], ...given,
});

describe("explanations", () => {
    test.each([
        [why({ granted: true, allowed_by: ["a"] }), { kind: "allowed", rules: ["a"] }],
        [why({ denied_by: "freeze", allowed_by: ["a"] }), { kind: "denied", tier: 0, rule: "freeze" }],
        [why({ restricted: true, allowed_by: ["a"] }), { kind: "restricted", rules: ["a"] }],
        [why({ hidden: ["a"], decided_by: ["b"], priority: 9 }), { kind: "hidden", rules: ["a"], by: ["b"], tier: 9 }],
        [why({ decided_by: ["b"], priority: 0 }), { kind: "unnamed", rules: ["b"] }],
        [why({ nothing_matches: "name" }), { kind: "nothing", field: "name" }],
    ])("verdict %#", (given, expected) => expect(verdictOf(given)).toEqual(expected));
    test("a remedy is offered if exactly one field does not match", () => {
        const of = (...not: RuleField[]) => ({ rule: "web-team", fits: fits(...not) });
        expect(remedyOf(of("subject"), rule, "user:alice", why({}))).toEqual({ kind: "join", group: "web" });
        expect(remedyOf(of("subject"), { ...rule, subjects: ["user:bob"] }, "user:alice", why({}))).toMatchObject({ field: "subjects", value: "user:alice" });
        expect(remedyOf(of("subject"), rule, "anonymous", why({}))).toBeUndefined();
        expect(remedyOf(of("name"), rule, "user:alice", why({}))).toMatchObject({ field: "names", value: "shop/api" });
        expect(remedyOf(of("action"), rule, "user:alice", why({}))).toMatchObject({ field: "actions", value: "push" });
        expect(remedyOf(of("action"), { ...rule, effect: "deny" }, "user:alice", why({}))).toBeUndefined();
        expect(remedyOf(of("name", "action"), rule, "user:alice", why({}))).toBeUndefined();
        expect(remedyOf(of("tier"), rule, "user:alice", why({}))).toBeUndefined();
        expect(remedyOf(of("subject"), { ...rule, subjects: ["group:admins"], names: ["**"] }, "user:alice", why({})), "a rule for every name").toBeUndefined();
        expect(remedyOf(of("action"), { ...rule, subjects: ["everyone"] }, "user:alice", why({})), "a rule for everyone").toBeUndefined();
        expect(remedyOf(of("name"), { ...rule, subjects: ["authenticated"] }, "user:alice", why({})), "a rule for every account").toBeUndefined();
    });
    test("narrow rules come before wide rules", () => {
        const all = { known: { ...rule, names: ["**"] } };
        expect(narrowFirst([all, { known: rule }, { known: undefined }]).map((one) => one.known?.names)).toEqual([["web/**"], undefined, ["**"]]);
        expect(tierAbove(-1)).toBe("0");
    });
    test("near rules keep the server's order, without rules that deny, decide or fail in many fields", () => {
        const of = (rule: string, effect: "allow" | "deny", ...fields: RuleField[]) => ({ rule, effect, fields });
        const considered = [
            of("b", "allow", "name"), of("d", "deny", "name"), of("x", "allow"), of("a", "allow", "name", "action"),
            of("far", "allow", "name", "action", "subject", "type"),
        ];
        expect(consideredOf(why({ considered })).map((one) => [one.rule, onlyFault(one)])).toEqual([["b", "name"], ["a", undefined]]);
        expect(consideredOf(why({ considered, granted: true, allowed_by: ["x"] }))).toEqual([]);
        expect(consideredOf(why({ considered, denied_by: "d" }))).toEqual([]);
    });
    test.each([
        ["repository:team/app:pull,push", { type: "repository", name: "team/app", actions: ["pull", "push"] }],
        ["repository:host:5000/app:pull", { type: "repository", name: "host:5000/app", actions: ["pull"] }],
        ["registry:catalog:*", { type: "registry", name: "catalog", actions: ["*"] }],
        ["team/app", undefined],
        ["team/app:v1", undefined],
        ["repository:team/app:Pull", undefined],
    ])("the scope %s", (text, expected) => {
        expect(parseScope(text)).toEqual(expected);
        if (expected) expect(scopeOf(expected)).toBe(text);
    });
    test("a new rule gets a name that the server accepts", () => {
        for (const [subject, name] of [["user:Alice", "shop/api"], ["robot:ci", "_x/…"], ["anonymous", "a".repeat(200)]] as const) {
            expect(isRuleName(ruleNameFor(subject, name)), ruleNameFor(subject, name)).toBe(true);
        }
    });
});

test("the rights that a plan gives and takes away are counted", () => {
    const decision = (after: boolean) => ({ after, before: !after }) as Plan["decisions"][number];
    const plan = { decisions: [decision(true), decision(false), decision(false)], decisions_omitted: 1 } as Plan;
    expect(effectOf(plan)).toEqual({ given: 1, taken: 2, more: true });
    expect(bareMessage("document 1 (rule a-b): names[0]: an empty segment")).toBe("names[0]: an empty segment");
    expect(bareMessage("too long")).toBe("too long");
});

test("a column without rights names the denying rules, and a cell names every allowing rule", () => {
    const freeze = { ...rule, name: "freeze", effect: "deny" as const, actions: ["push"] };
    const wide = { ...rule, name: "wide", services: ["other"], actions: ["*"] };
    const own = { ...rule, name: "own", actions: ["pull", "push"] };
    const rules = new Map([["web/x", [rule, freeze, wide, own, { ...own, name: "off", enabled: false }, { ...own, name: "low", priority: 4 }]]]);
    const columns = columnsOf(["web/x"], ["pull", "push"]);
    const rows = rowsOf([[{ who: "group:web", rule: "web-team", condition: null }], []]);
    expect(denialsOf(columns, rows, rules, "registry")).toEqual([{ name: "web/x", action: "push", denying: ["freeze"], allowing: ["own", "low"] }]);
    expect(withAll(columns, rows, rules, "registry")[0]!.cells[0]).toEqual({ rule: "web-team", condition: null, also: ["own"] });
    expect(exampleOf("web/${group}/**")).toBe("web/name/app");
});

test("a matrix has one row for each subject, and numbered conditions", () => {
    expect(columnsOf(["a", "b"], ["pull"])).toEqual([{ name: "a", action: "pull" }, { name: "b", action: "pull" }]);
    const rows = rowsOf([
        [{ who: "group:web", rule: "r1", condition: "from 10.0.0.0/8" }, { who: "group:ops", rule: "r2", condition: null }, { who: "group:web", rule: "r3", condition: null }],
        [{ who: "group:web", rule: "r4", condition: "from 10.0.0.0/8" }],
    ]);
    expect(rows.map((row) => row.who)).toEqual(["group:ops", "group:web"]);
    expect(rows[1]!.cells).toMatchObject([{ rule: "r3", condition: null }, { rule: "r4", condition: "from 10.0.0.0/8" }]);
    expect([...conditionsOf(rows)]).toEqual([["r4: from 10.0.0.0/8", 1]]);
});

test("a time becomes local time and the same time again", () => {
    expect(toLocal(null)).toBe("");
    expect(fromLocal("")).toBeNull();
    expect(fromLocal(toLocal("2026-11-30T12:00:00Z"))).toBe("2026-11-30T12:00:00Z");
});

describe("questions about chosen subjects", () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);
    test("no request is larger than the server accepts", () => {
        for (const [subjects, names] of [[1, 1], [1, 65], [501, 1], [700, 3], [40, 130], [3, 2001]] as const) {
            const requests = requestsOf(many(subjects), many(names));
            for (const request of requests) {
                expect(request.length).toBeLessThanOrEqual(500);
                expect(request.reduce((sum, one) => sum + one.names.length, 0)).toBeLessThanOrEqual(2000);
                for (const one of request) expect(one.names.length).toBeLessThanOrEqual(64);
            }
            const asked = requests.flat().flatMap((one) => one.names.map((name) => `${one.subject} ${name}`));
            expect(new Set(asked).size).toBe(subjects * names);
            expect(asked).toHaveLength(subjects * names);
        }
        expect(requestsOf([], many(3))).toEqual([]);
    });
    test("the answers about one subject become one row, which is empty for an inactive subject", () => {
        const why = (name: string, action: string, rule?: string) => ({ name, action, granted: rule !== undefined, allowed_by: rule ? [rule] : [] }) as unknown as Explanation;
        const answer = (inactive: string | null, ...whys: Explanation[]) => ({ inactive, why: whys }) as unknown as CheckAnswer;
        const columns = columnsOf(["a", "b"], ["pull", "push"]);
        const answers = [answer(null, why("a", "pull", "r1"), why("a", "push")), answer(null, why("b", "push", "r2"))];
        expect(rowOf("user:x", columns, answers).cells.map((cell) => cell?.rule)).toEqual(["r1", undefined, undefined, "r2"]);
        expect(rowOf("user:x", columns, [answer("it is disabled", why("a", "pull", "r1"))]).cells).toEqual([undefined, undefined, undefined, undefined]);
    });
});

describe("the address of a page as a path", () => {
    const accepted = (path: string) => path.length <= 512 && /^[A-Za-z0-9._~%/-]*$/.test(path) && path.split("/").every((part) => part !== "." && part !== "..");
    test("a path with a query becomes one path and both parts again", () => {
        for (const [path, query] of [
            ["explain", "subject=user%3Aalice&service=registry&scope=repository%3Aweb%2Fx%3Apush+repository%3Ab%3Apull"], ["who-can", "names=a%27%28%21%29*+b&expand=1"], ["", "x=1"],
            ["rules", "new=1"],
        ] as const) {
            const one = onePath(path, `?${query}`);
            expect(accepted(one), one).toBe(true);
            expect(twoParts(one)).toEqual({ path, query: new URLSearchParams(query).toString() });
        }
    });
    test("a path without a query is escaped where a sign-in would refuse it", () => {
        expect(onePath("rules/web-team", "")).toBe("rules/web-team");
        expect(onePath("users/a@b+c", "")).toBe("users/a%40b%2Bc");
        expect(onePath("users/", "?")).toBe("users");
        for (const path of ["rules/web-team", "explain/~", "explain/~/a", "explain/~/a/%", "~x/y"]) expect(twoParts(path), path).toBeNull();
    });
    test("a path that is too long loses its query", () => {
        expect(onePath("explain", `?scope=${"x".repeat(600)}`)).toBe("explain");
    });
});

test("a repeated explanation is shown once", () => {
    const why = (name: string, action: string) => ({ type: "repository", name, action }) as unknown as Explanation;
    expect(once([why("a", "pull"), why("b", "pull"), why("a", "pull"), why("a", "push")])).toEqual([why("a", "pull"), why("b", "pull"), why("a", "push")]);
});
