// Whole lists, page by page. Up to 20,000 rows the browser filters them; beyond that the server does.

import { send } from "./client";

/** So many rows are kept in the browser. */
export const most = 20_000;

export interface Rows<T> {
    items: T[];
    /** Whether there are more than the browser keeps. */
    more: boolean;
}

export interface Page<T> {
    items: T[];
    next: string | null;
}

/** Reads pages until the end, or until there are `most` rows. The first page is short, so that it is there soon. */
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
