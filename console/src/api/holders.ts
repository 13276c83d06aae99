// Who may do what: by the rules, or for chosen subjects.

import { columnsOf, denialsOf, rowsOf, withAll, type Column, type Denial, type Row } from "../model/matrix";
import { api, send } from "./client";
import { all } from "./lists";
import type { CheckAnswer, CheckAnswers, Rule } from "./types";

interface Asked {
    service: string;
    names: string[];
    actions: string[];
    signal: AbortSignal;
}

/** So many questions fit into one request. */
const most = 500;

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
    const scope = names.map((name) => `repository:${name}:${actions.join(",")}`).join(" ");
    const questions = subjects.map((subject) => ({ subject, service, scope }));
    const answers: CheckAnswer[] = [];
    for (let at = 0; at < questions.length; at += most) {
        const body = { questions: questions.slice(at, at + most) };
        const found = (await send(api.POST("/api/v1/check", { body, signal }))) as CheckAnswers;
        answers.push(...found.answers);
    }
    const rows = answers.map((answer) => ({
        who: answer.subject,
        cells: columns.map((column) => {
            const why = answer.why.find((one) => one.name === column.name && one.action === column.action);
            return why?.granted ? { rule: why.allowed_by[0] ?? "", condition: null, also: why.allowed_by.slice(1) } : undefined;
        }),
    }));
    return { columns, rows, more: false, denials: [] };
}
