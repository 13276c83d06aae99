// Who may do what, as a table: one row for each subject or selector, one column for each name and action.

import type { CheckAnswer } from "../api/types";
import type { Asked } from "./explain";

export interface Cell {
    rule: string;
    /** For which of its subjects it holds, if not for all. */
    condition: string | null;
}

export interface Column {
    name: string;
    action: string;
}

export interface Row {
    who: string;
    /** One for each column; nothing where it is not allowed. */
    cells: (Cell | undefined)[];
}

/** The columns of several names with the same actions, names first. */
export function columnsOf(names: string[], actions: string[]): Column[] {
    return names.flatMap((name) => actions.map((action) => ({ name, action })));
}

/** The rows of what was found for each column, in the order of their names. */
export function rowsOf(found: { who: string; rule: string; condition: string | null }[][]): Row[] {
    const rows = new Map<string, Row>();
    found.forEach((holders, column) => {
        for (const { who, rule, condition } of holders) {
            let row = rows.get(who);
            if (!row) rows.set(who, (row = { who, cells: found.map(() => undefined) }));
            const now = row.cells[column];
            // Without a condition is more than with one, and says all.
            if (!now || (now.condition !== null && condition === null)) row.cells[column] = { rule, condition };
        }
    });
    return [...rows.values()].sort((one, other) => (one.who < other.who ? -1 : 1));
}

/** How much the server answers at once: so many questions, for so many scopes together, of which each has some. */
const limits = { questions: 500, together: 2000, each: 64 };

/** The questions about what each of `subjects` may do with each of `names`, in as many requests as they need. */
export function requestsOf(subjects: string[], names: string[]): { subject: string; names: string[] }[][] {
    const requests: { subject: string; names: string[] }[][] = [];
    let scopes = Infinity;
    for (const subject of subjects) {
        for (let at = 0; at < names.length; at += limits.each) {
            const some = names.slice(at, at + limits.each);
            if (scopes + some.length > limits.together || requests.at(-1)!.length >= limits.questions) {
                requests.push([]);
                scopes = 0;
            }
            requests.at(-1)!.push({ subject, names: some });
            scopes += some.length;
        }
    }
    return requests;
}

/** The row of somebody, by what was answered about them. Who is disabled may do nothing, whatever the rules say. */
export function rowOf(who: string, columns: Column[], answers: CheckAnswer[]): Row {
    const whys = answers.filter((answer) => answer.inactive === null).flatMap((answer) => answer.why);
    const granted = new Map(whys.filter((why) => why.granted).map((why) => [`${why.action} ${why.name}`, why.allowed_by[0] ?? ""]));
    const cells = columns.map(({ name, action }) => {
        const rule = granted.get(`${action} ${name}`);
        return rule === undefined ? undefined : { rule, condition: null };
    });
    return { who, cells };
}

/** The conditions of a table, numbered from 1 in the order in which they appear. */
export function conditionsOf(rows: Row[]): Map<string, number> {
    const found = new Map<string, number>();
    for (const row of rows) {
        for (const cell of row.cells) {
            const text = cell && noteOf(cell);
            if (text && !found.has(text)) found.set(text, found.size + 1);
        }
    }
    return found;
}

/** What is said below the table about a cell. */
export const noteOf = (cell: Cell): string | null => cell.condition && `${cell.rule}: ${cell.condition}`;

/** The scopes of all columns, one for each name. */
export const scopesOf = (names: string[], actions: string[]): Asked[] => names.map((name) => ({ type: "repository", name, actions }));
