// Who may do what, as a table: one row for each subject or selector, one column for each name and action.

import type { CheckAnswer, Rule } from "../api/types";

export interface Cell {
    rule: string;
    /** The other rules that allow it to the same. */
    also: string[];
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
            if (!now || (now.condition !== null && condition === null)) row.cells[column] = { rule, condition, also: [] };
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
    const granted = new Map(whys.filter((why) => why.granted).map((why) => [`${why.action} ${why.name}`, why.allowed_by]));
    const cells = columns.map(({ name, action }) => {
        const rules = granted.get(`${action} ${name}`);
        return rules && { rule: rules[0] ?? "", condition: null, also: rules.slice(1) };
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

/** What the rules say of a column that nobody may: who denies it, and what would allow it otherwise. */
export interface Denial extends Column {
    denying: string[];
    allowing: string[];
}

/** Whether a rule that is about a name is in force for an action there at a registry. */
const speaks = (rule: Rule, service: string, action: string): boolean =>
    rule.enabled && has(rule.services, service) && has([rule.type], "repository") && has(rule.actions, action);

const has = (list: string[], one: string) => list.includes("*") || list.includes(one);

/** The columns that nobody may; `rules` are those about each name. */
export function denialsOf(columns: Column[], rows: Row[], rules: Map<string, Rule[]>, service: string): Denial[] {
    return columns.flatMap((column, index) => {
        if (rows.some((row) => row.cells[index])) return [];
        const found = (rules.get(column.name) ?? []).filter((rule) => speaks(rule, service, column.action));
        const names = (effect: string) => found.filter((rule) => rule.effect === effect).map((rule) => rule.name);
        return [{ ...column, denying: names("deny"), allowing: names("allow") }];
    });
}

/** Rows with every rule that allows a cell, and not only the first: those of the same tier for the same subjects. */
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
