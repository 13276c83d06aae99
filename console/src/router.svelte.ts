// Which page a path shows, and how to get to another one without loading the document again.

import type { Component } from "svelte";
import { twoParts } from "./model/onePath";

/** A page and the path that shows it. */
export interface Route {
    /** Below `/console/`, with at most one `:name` at the end. */
    path: string;
    page: Component<Record<string, never>> | Component<{ name?: string }>;
    /** Whether only administrators may see it. */
    admin: boolean;
}

const base = "/console/";

function here() {
    return { path: location.pathname.slice(base.length).replace(/\/+$/, ""), query: new URLSearchParams(location.search) };
}

// Somebody comes from the sign-in, which leads to a path: it is shown as the address that it stands for.
const stands = twoParts(location.pathname.slice(base.length));
if (stands) history.replaceState(null, "", `${base}${stands.path}${stands.query && `?${stands.query}`}`);

let at = $state.raw(here());
addEventListener("popstate", () => (at = here()));

/** The path below `/console/` and the query. */
export const place = {
    get path() {
        return at.path;
    },
    get query() {
        return at.query;
    },
};

/** The address of a page; each part is escaped, so that a name with a slash stays one part. */
export function href(page: string, name?: string, query?: Record<string, string>): string {
    const tail = name === undefined ? "" : `/${encodeURIComponent(name)}`;
    const asked = new URLSearchParams(query).toString();
    return `${base}${page}${tail}${asked && `?${asked}`}`;
}

/** Goes to an address of the console. */
export function go(to: string, replace = false): void {
    history[replace ? "replaceState" : "pushState"](null, "", to);
    at = here();
}

/** The route of a path, and the name at its end. */
export function find(routes: Route[], path: string): { route: Route; name?: string } | null {
    for (const route of routes) {
        const [page, named] = route.path.split("/:");
        if (path === page) return { route };
        if (named && path.startsWith(`${page}/`)) {
            const name = decode(path.slice(page!.length + 1));
            if (name) return { route, name };
        }
    }
    return null;
}

function decode(part: string): string | null {
    try {
        return part.includes("/") ? null : decodeURIComponent(part);
    } catch {
        return null;
    }
}

/** Follows links inside the console; leaves the others, and clicks with a modifier, to the browser. */
export function follow(event: MouseEvent): void {
    const link = (event.target as Element).closest?.("a");
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || !link.pathname.startsWith(base)) return;
    event.preventDefault();
    go(link.pathname + link.search);
}
