// Reads whole lists, page by page. The browser filters lists of up to 20,000 rows. The server filters longer lists.

import { send } from "./client";

/** Once the browser has this number of rows, it reads no further page. */
export const most = 20_000;

export interface Rows<T> {
    items: T[];
    /** True if the server has more rows than the browser keeps. */
    more: boolean;
}

export interface Page<T> {
    items: T[];
    next: string | null;
}

/**
 * Reads pages until the end, or until there are at least `most` rows. The first page is short, so that it arrives soon.
 * Calls `soFar` with the rows so far after each page that is not the last.
 */
export async function all<T>(
    page: (query: { limit: number; after?: string }) => Promise<{ data?: Page<T>; error?: unknown; response: Response }>,
    soFar?: (rows: Rows<T>) => void,
): Promise<Rows<T>> {
    let items: T[] = [];
    let after: string | undefined;
    while (items.length < most) {
        const found = await send(page({ limit: after ? 1000 : 200, ...(after && { after }) }));
        items = items.concat(found.items);
        if (found.next === null) return { items, more: false };
        after = found.next;
        soFar?.({ items, more: true });
    }
    return { items, more: true };
}
