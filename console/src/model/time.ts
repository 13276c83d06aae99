// Converts between the server's times and the values of `<input type="datetime-local">`, which are in the reader's
// time zone.

const two = (value: number) => String(value).padStart(2, "0");

/** Converts a time of the server to local time (`2026-11-30T12:00`). Returns an empty text for null. */
export function toLocal(at: string | null): string {
    if (at === null) return "";
    const date = new Date(at);
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Converts a typed local time to a time of the server. Returns null for an empty or malformed text. */
export function fromLocal(typed: string): string | null {
    const date = new Date(typed);
    return typed === "" || Number.isNaN(date.getTime()) ? null : date.toISOString().replace(".000Z", "Z");
}
