// Filters rows in memory. Converts each row to lower case only once, not at every key press.

const folded = new WeakMap<object, string>();

/** Returns the text of a row that the filter searches. */
function textOf<T extends object>(row: T, parts: (row: T) => string[]): string {
    let text = folded.get(row);
    if (text === undefined) {
        // A line end separates the parts, so no typed word matches across two parts.
        text = parts(row).join("\n").toLowerCase();
        folded.set(row, text);
    }
    return text;
}

/** Returns the rows that contain every word of `asked`, in their order. */
export function filter<T extends object>(rows: T[], asked: string, parts: (row: T) => string[]): T[] {
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return rows;
    return rows.filter((row) => {
        const text = textOf(row, parts);
        return words.every((word) => text.includes(word));
    });
}
