// Writes path and query of a page as one path, because a sign-in returns only to a path.

/** The segment between the path and the query. */
const mark = "~";
/** The longest path that a sign-in accepts, in characters. */
const longest = 512;

/** Escapes a text as one segment of a path, with only characters that a sign-in accepts. */
const segment = (text: string) => encodeURIComponent(text).replace(/[^\w.~%-]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** Joins the path below `/console/` and the query to one path. Drops parameters without a value, and the whole query if the result is too long. */
export function onePath(path: string, query: string): string {
    const plain = path.replace(/\/+$/, "").replace(/[^\w.~%/-]/g, segment);
    const pairs = [...new URLSearchParams(query)].filter(([key, value]) => key && value);
    if (pairs.length === 0) return plain;
    const whole = [...(plain ? [plain] : []), mark, ...pairs.flat().map(segment)].join("/");
    return whole.length > longest ? plain : whole;
}

/** Splits a path that `onePath` made with a query into path and query. Returns null for every other path. */
export function twoParts(path: string): { path: string; query: string } | null {
    const parts = path.split("/");
    const at = parts.indexOf(mark);
    if (at < 0 || parts.length - at < 3 || (parts.length - at) % 2 === 0) return null;
    const query = new URLSearchParams();
    try {
        for (let key = at + 1; key < parts.length; key += 2) query.append(decodeURIComponent(parts[key]!), decodeURIComponent(parts[key + 1]!));
    } catch {
        return null;
    }
    return { path: parts.slice(0, at).join("/"), query: query.toString() };
}
