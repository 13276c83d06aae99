// Who may do what: by the rules, or for chosen subjects.

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
    /** Whether there are more than were read. */
    more: boolean;
    /** The columns that nobody may, with the rules that deny them. */
    denials: Denial[];
}

/** The rules about each name. */
async function rulesAbout(names: string[], signal: AbortSignal): Promise<Map<string, Rule[]>> {
    const read = names.map(async (about) => {
        const found = await all<Rule>((query) => api.GET("/api/v1/rules", { params: { query: { ...query, about, warnings: false } }, signal }));
        return [about, found.items] as const;
    });
    return new Map(await Promise.all(read));
}

/** Every selector of a rule that may do some of it; with `expand`, every user and robot. */
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

/** What each of `subjects` may do of it, also those who may do nothing. */
export async function bySubjects({ service, names, actions, signal }: Asked, subjects: string[]): Promise<Matrix> {
    const columns = columnsOf(names, actions);
    const answers = new Map<string, CheckAnswer[]>(subjects.map((subject) => [subject, []]));
    for (const request of requestsOf(subjects, names)) {
        const questions = request.map((one) => ({
            subject: one.subject, service, scope: one.names.map((name) => `repository:${name}:${actions.join(",")}`).join(" "),
        }));
        const found = (await send(api.POST("/api/v1/check", { body: { questions, why: true }, signal }))) as CheckAnswers;
        // The answers come in the order of the questions.
        request.forEach((one, at) => answers.get(one.subject)!.push(found.answers[at]!));
    }
    return { columns, rows: [...answers].map(([who, found]) => rowOf(who, columns, found)), more: false, denials: [] };
}
