// The address of a page as a path alone: a sign-in leads back to nothing else.

/** The segment behind which the query stands. */
const mark = "~";
/** Longer paths lead to the start. */
const longest = 512;

/** As a segment of a path, with nothing in it that a sign-in refuses. */
const segment = (text: string) => encodeURIComponent(text).replace(/[^\w.~%-]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** The path below `/console/` and the query, as one path; without the query if that is too long. */
export function onePath(path: string, query: string): string {
    const plain = path.replace(/\/+$/, "").replace(/[^\w.~%/-]/g, segment);
    const pairs = [...new URLSearchParams(query)].filter(([key, value]) => key && value);
    if (pairs.length === 0) return plain;
    const whole = [...(plain ? [plain] : []), mark, ...pairs.flat().map(segment)].join("/");
    return whole.length > longest ? plain : whole;
}

/** The path and the query of such a path; nothing for every other one. */
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
