// The pure parts: each line of a table is (what is given, what comes out).

import { describe, expect, test } from "vitest";
import type { Explanation, Plan, Rule, RuleField } from "../../src/api/types";
import { differences, draftOf, fieldsOf, isUnusual, missing, newDraft, withMore } from "../../src/model/draft";
import { consideredOf, narrowFirst, onlyFault, parseScope, remedyOf, ruleFields, ruleNameFor, scopeOf, tierAbove, verdictOf } from "../../src/model/explain";
import { filter } from "../../src/model/filter";
import { exampleOf, globFault, isAction, isPattern, isRuleName, isSelector, meaning } from "../../src/model/glob";
import { columnsOf, conditionsOf, denialsOf, rowsOf, withAll } from "../../src/model/matrix";
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
    test("the order in lists, and entries given twice, make no difference", () => {
        const draft = draftOf({ ...rule, actions: ["pull", "push"] });
        expect(differences(draft, { ...draft, actions: ["push", "pull", "push"] })).toEqual([]);
        expect(differences(draft, { ...draft, actions: ["pull"], priority: "6" })).toEqual(["actions", "priority"]);
    });
    test("what is missing is told", () => {
        expect(missing(newDraft())).toEqual(["name", "subjects", "names", "actions"]);
        expect(missing({ ...draftOf(rule), priority: "1.5" })).toEqual(["priority"]);
        expect(missing({ ...draftOf(rule), priority: "-3" })).toEqual([]);
    });
    test("more goes into lists once", () => {
        expect(withMore(draftOf(rule), { names: ["web/**", "shop/api"] }).names).toEqual(["web/**", "shop/api"]);
    });
    test("the rest of the form opens if it is not the default", () => {
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
    ])("%s means", (glob, expected) => expect(meaning(glob)).toEqual(expected));
    test.each([
        ["web/**", undefined],
        ["**/b", undefined],
        ["web//x", "empty-segment"],
        ["/web", "empty-segment"],
        ["web/**x", "glued"],
        ["${team}/**", "placeholder"],
        ["${group/**", "placeholder"],
        ["x".repeat(513), "long"],
    ])("%s is refused for", (glob, expected) => expect(globFault(glob)).toBe(expected));
    test("a pattern is told from a name and from a whole scope", () => {
        expect(["prod/**", "a?", "${group}/x"].map(isPattern)).toEqual([true, true, true]);
        expect(["prod/app", "repository:prod/app:*", "registry:catalog:*"].map(isPattern)).toEqual([false, false, false]);
    });
    test("selectors, actions and names are told apart from others", () => {
        for (const good of ["group:web", "user:a@b.c", "robot:ci-web", "everyone"]) expect(isSelector(good), good).toBe(true);
        for (const bad of ["web", "group:", "team:web", "user:a b", "user:-x"]) expect(isSelector(bad), bad).toBe(false);
        expect([isAction("pull"), isAction("*"), isAction("Pull")]).toEqual([true, true, false]);
        expect([isRuleName("web-team"), isRuleName("Web"), isRuleName("-x")]).toEqual([true, false, false]);
    });
});

describe("filter", () => {
    const rows = [{ name: "web-team", who: "group:web" }, { name: "data", who: "group:Data" }];
    const parts = (row: (typeof rows)[number]) => [row.name, row.who];
    test("every word must be there, in any case, in one of the parts", () => {
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
    test("what would help is offered where one field is in the way", () => {
        const of = (...not: RuleField[]) => ({ rule: "web-team", fits: fits(...not) });
        expect(remedyOf(of("subject"), rule, "user:alice", why({}))).toEqual({ kind: "join", group: "web" });
        expect(remedyOf(of("subject"), { ...rule, subjects: ["user:bob"] }, "user:alice", why({}))).toMatchObject({ field: "subjects", value: "user:alice" });
        expect(remedyOf(of("subject"), rule, "anonymous", why({}))).toBeUndefined();
        expect(remedyOf(of("name"), rule, "user:alice", why({}))).toMatchObject({ field: "names", value: "shop/api" });
        expect(remedyOf(of("action"), rule, "user:alice", why({}))).toMatchObject({ field: "actions", value: "push" });
        expect(remedyOf(of("action"), { ...rule, effect: "deny" }, "user:alice", why({}))).toBeUndefined();
        expect(remedyOf(of("name", "action"), rule, "user:alice", why({}))).toBeUndefined();
        expect(remedyOf(of("tier"), rule, "user:alice", why({}))).toBeUndefined();
        expect(remedyOf(of("subject"), { ...rule, subjects: ["group:admins"], names: ["**"] }, "user:alice", why({})), "everything").toBeUndefined();
        expect(remedyOf(of("action"), { ...rule, subjects: ["everyone"] }, "user:alice", why({})), "to everyone").toBeUndefined();
        expect(remedyOf(of("name"), { ...rule, subjects: ["authenticated"] }, "user:alice", why({})), "to everyone").toBeUndefined();
    });
    test("narrow rules stand before those for everybody", () => {
        const all = { known: { ...rule, names: ["**"] } };
        expect(narrowFirst([all, { known: rule }, { known: undefined }]).map((one) => one.known?.names)).toEqual([["web/**"], undefined, ["**"]]);
        expect(tierAbove(-1)).toBe("0");
    });
    test("rules that came near keep the server's order; those that deny, decide or are far are left out", () => {
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
    test("a new rule gets a name that the server takes", () => {
        for (const [subject, name] of [["user:Alice", "shop/api"], ["robot:ci", "_x/…"], ["anonymous", "a".repeat(200)]] as const) {
            expect(isRuleName(ruleNameFor(subject, name)), ruleNameFor(subject, name)).toBe(true);
        }
    });
});

test("a plan is counted", () => {
    const decision = (after: boolean) => ({ after, before: !after }) as Plan["decisions"][number];
    const plan = { decisions: [decision(true), decision(false), decision(false)], decisions_omitted: 1 } as Plan;
    expect(effectOf(plan)).toEqual({ given: 1, taken: 2, more: true });
    expect(bareMessage("document 1 (rule a-b): names[0]: an empty segment")).toBe("names[0]: an empty segment");
    expect(bareMessage("too long")).toBe("too long");
});

test("a column that nobody may tells who denies it, and a cell tells every rule that allows it", () => {
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

test("a matrix has a row for each subject and numbered conditions", () => {
    expect(columnsOf(["a", "b"], ["pull"])).toEqual([{ name: "a", action: "pull" }, { name: "b", action: "pull" }]);
    const rows = rowsOf([
        [{ who: "group:web", rule: "r1", condition: "from 10.0.0.0/8" }, { who: "group:ops", rule: "r2", condition: null }, { who: "group:web", rule: "r3", condition: null }],
        [{ who: "group:web", rule: "r4", condition: "from 10.0.0.0/8" }],
    ]);
    expect(rows.map((row) => row.who)).toEqual(["group:ops", "group:web"]);
    expect(rows[1]!.cells).toMatchObject([{ rule: "r3", condition: null }, { rule: "r4", condition: "from 10.0.0.0/8" }]);
    expect([...conditionsOf(rows)]).toEqual([["r4: from 10.0.0.0/8", 1]]);
});

test("times go to the reader's zone and back", () => {
    expect(toLocal(null)).toBe("");
    expect(fromLocal("")).toBeNull();
    expect(fromLocal(toLocal("2026-11-30T12:00:00Z"))).toBe("2026-11-30T12:00:00Z");
});
