// Who may do what, as a table: one row for each subject or selector, one column for each name and action.

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
