// Finds out who may do an action: everybody whom the rules allow it, or only some chosen subjects.

import { columnsOf, denialsOf, requestsOf, rowOf, rowsOf, withAll, type Column, type Denial, type Row } from "../model/matrix";
import { api, send } from "./client";
import { all } from "./lists";
import type { CheckAnswer, CheckAnswers, Rule } from "./types";

interface Asked {
    service: string;
    names: string[];
    actions: string[];
    signal: AbortSignal;
}

export interface Matrix {
    columns: Column[];
    rows: Row[];
    /** True if more subjects may do an action than were read. */
    more: boolean;
    /** The actions that nobody may do, each with the rules about it. Empty if the question is about chosen subjects. */
    denials: Denial[];
}

/** Reads the rules whose name patterns match each repository name. */
async function rulesAbout(names: string[], signal: AbortSignal): Promise<Map<string, Rule[]>> {
    const read = names.map(async (about) => {
        const found = await all<Rule>((query) => api.GET("/api/v1/rules", { params: { query: { ...query, about, warnings: false } }, signal }));
        return [about, found.items] as const;
    });
    return new Map(await Promise.all(read));
}

/** Finds the selectors, such as `group:web`, that may do at least one of the actions. With `expand`, finds users and robots instead. */
export async function byRules({ service, names, actions, signal }: Asked, expand: boolean): Promise<Matrix> {
    const columns = columnsOf(names, actions);
    const [rules, ...pages] = await Promise.all([
        rulesAbout(names, signal),
        ...columns.map((column) => send(api.GET("/api/v1/who-can", { params: { query: { service, ...column, expand, limit: 1000 } }, signal }))),
    ]);
    const found = pages.map((page) =>
        page.items.map((one) => ("selector" in one ? { who: one.selector, rule: one.rule, condition: one.condition ?? null } : { who: one.subject, rule: one.rule, condition: null })),
    );
    const rows = rowsOf(found);
    const whole = expand ? rows : withAll(columns, rows, rules, service);
    return { columns, rows: whole, more: pages.some((page) => page.next !== null), denials: denialsOf(columns, rows, rules, service) };
}

/** Finds the actions that each of `subjects` may do. A subject without a right has an empty row. */
export async function bySubjects({ service, names, actions, signal }: Asked, subjects: string[]): Promise<Matrix> {
    const columns = columnsOf(names, actions);
    const answers = new Map<string, CheckAnswer[]>(subjects.map((subject) => [subject, []]));
    for (const request of requestsOf(subjects, names)) {
        const questions = request.map((one) => ({
            subject: one.subject, service, scope: one.names.map((name) => `repository:${name}:${actions.join(",")}`).join(" "),
        }));
        const found = (await send(api.POST("/api/v1/check", { body: { questions, why: true }, signal }))) as CheckAnswers;
        // The server answers in the order of the questions.
        request.forEach((one, at) => answers.get(one.subject)!.push(found.answers[at]!));
    }
    return { columns, rows: [...answers].map(([who, found]) => rowOf(who, columns, found)), more: false, denials: [] };
}
