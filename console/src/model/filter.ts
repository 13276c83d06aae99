// Filters rows in memory. Each row is folded to lower case once, not at every key.

const folded = new WeakMap<object, string>();

/** The text of a row in which the filter looks. */
function textOf<T extends object>(row: T, parts: (row: T) => string[]): string {
    let text = folded.get(row);
    if (text === undefined) {
        // A line end separates the parts: no typed word reaches over it.
        text = parts(row).join("\n").toLowerCase();
        folded.set(row, text);
    }
    return text;
}

/** The rows that hold every word of `asked`, in their order. */
export function filter<T extends object>(rows: T[], asked: string, parts: (row: T) => string[]): T[] {
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return rows;
    return rows.filter((row) => {
        const text = textOf(row, parts);
        return words.every((word) => text.includes(word));
    });
}
