// Between the server's times and those of `<input type="datetime-local">`, which are in the reader's zone.

const two = (value: number) => String(value).padStart(2, "0");

/** `2026-11-30T12:00` of a time of the server, or nothing. */
export function toLocal(at: string | null): string {
    if (at === null) return "";
    const date = new Date(at);
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The server's time of what was typed, or null. */
export function fromLocal(typed: string): string | null {
    const date = new Date(typed);
    return typed === "" || Number.isNaN(date.getTime()) ? null : date.toISOString().replace(".000Z", "Z");
}
