// Who may do what, as a table: one row for each subject or selector, one column for each name and action.

import type { CheckAnswer, Rule } from "../api/types";

export interface Cell {
    rule: string;
    /** The names of the other rules that allow this action to this subject. */
    also: string[];
    /** The condition of the right, such as an address range, in words; null if the right has no condition. */
    condition: string | null;
}

export interface Column {
    name: string;
    action: string;
}

export interface Row {
    who: string;
    /** One cell for each column. `undefined` means that the subject may not do the action. */
    cells: (Cell | undefined)[];
}

/** Returns the columns of several names with the same actions, names first. */
export function columnsOf(names: string[], actions: string[]): Column[] {
    return names.flatMap((name) => actions.map((action) => ({ name, action })));
}

/** Returns one row for each holder of a right, sorted by name. `found` lists the holders of each column. */
export function rowsOf(found: { who: string; rule: string; condition: string | null }[][]): Row[] {
    const rows = new Map<string, Row>();
    found.forEach((holders, column) => {
        for (const { who, rule, condition } of holders) {
            let row = rows.get(who);
            if (!row) rows.set(who, (row = { who, cells: found.map(() => undefined) }));
            const now = row.cells[column];
            // An unconditional right includes a conditional right, and replaces it in the cell.
            if (!now || (now.condition !== null && condition === null)) row.cells[column] = { rule, condition, also: [] };
        }
    });
    return [...rows.values()].sort((one, other) => (one.who < other.who ? -1 : 1));
}

/** The limits of one request: its questions, the scopes of all its questions together, and the scopes of each question. */
const limits = { questions: 500, together: 2000, each: 64 };

/** Splits the questions about `subjects` and `names` into requests within `limits`. */
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

/** Makes the row of one subject from the server's answers. An inactive subject, such as a disabled user, may do nothing. */
export function rowOf(who: string, columns: Column[], answers: CheckAnswer[]): Row {
    const whys = answers.filter((answer) => answer.inactive === null).flatMap((answer) => answer.why);
    const granted = new Map(whys.filter((why) => why.granted).map((why) => [`${why.action} ${why.name}`, why.allowed_by]));
    const cells = columns.map(({ name, action }) => {
        const rules = granted.get(`${action} ${name}`);
        return rules && { rule: rules[0] ?? "", condition: null, also: rules.slice(1) };
    });
    return { who, cells };
}

/** Maps each note below the table to its number, from 1 in the order of the cells. */
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

/** Returns the note about a cell for the list below the table, or null if the right has no condition. */
export const noteOf = (cell: Cell): string | null => cell.condition && `${cell.rule}: ${cell.condition}`;

/** An action that nobody may do: the rules that deny it, and the rules that allow it without effect. */
export interface Denial extends Column {
    denying: string[];
    allowing: string[];
}

/** True if a rule is enabled and covers repositories, a registry and an action. Does not compare names or subjects. */
const speaks = (rule: Rule, service: string, action: string): boolean =>
    rule.enabled && has(rule.services, service) && has([rule.type], "repository") && has(rule.actions, action);

const has = (list: string[], one: string) => list.includes("*") || list.includes(one);

/** Returns the columns in which no row is allowed. `rules` maps each name to the rules about it. */
export function denialsOf(columns: Column[], rows: Row[], rules: Map<string, Rule[]>, service: string): Denial[] {
    return columns.flatMap((column, index) => {
        if (rows.some((row) => row.cells[index])) return [];
        const found = (rules.get(column.name) ?? []).filter((rule) => speaks(rule, service, column.action));
        const names = (effect: string) => found.filter((rule) => rule.effect === effect).map((rule) => rule.name);
        return [{ ...column, denying: names("deny"), allowing: names("allow") }];
    });
}

/** Adds to each cell the other rules that allow its action: rules of the first rule's tier that name the same subject. */
export function withAll(columns: Column[], rows: Row[], rules: Map<string, Rule[]>, service: string): Row[] {
    return rows.map((row) => ({
        who: row.who,
        cells: row.cells.map((cell, index) => {
            const column = columns[index]!;
            const about = rules.get(column.name) ?? [];
            const first = cell && about.find((rule) => rule.name === cell.rule);
            if (!cell || !first) return cell;
            const others = about.filter(
                (rule) =>
                    rule.name !== cell.rule && rule.effect === "allow" && rule.priority === first.priority && rule.subjects.includes(row.who) &&
                    speaks(rule, service, column.action),
            );
            return { ...cell, also: others.map((rule) => rule.name) };
        }),
    }));
}
