// Finds the page for a path, and goes to another page without loading the document again.

import type { Component } from "svelte";
import { twoParts } from "./model/onePath";

/** A page and the path that shows it. */
export interface Route {
    /** The path below `/console/`, with at most one `:name` at its end. */
    path: string;
    page: Component<Record<string, never>> | Component<{ name?: string }>;
    /** True if only administrators may see the page. */
    admin: boolean;
}

const base = "/console/";

function here() {
    return { path: location.pathname.slice(base.length).replace(/\/+$/, ""), query: new URLSearchParams(location.search) };
}

// A sign-in returns to a path that contains the query. The page replaces this path with its real address.
const stands = twoParts(location.pathname.slice(base.length));
if (stands) history.replaceState(null, "", `${base}${stands.path}${stands.query && `?${stands.query}`}`);

let at = $state.raw(here());
addEventListener("popstate", () => (at = here()));

/** The current path below `/console/`, and the query. */
export const place = {
    get path() {
        return at.path;
    },
    get query() {
        return at.query;
    },
};

/** Returns the address of a page. Escapes the name, so that a slash in the name does not split the address. */
export function href(page: string, name?: string, query?: Record<string, string>): string {
    const tail = name === undefined ? "" : `/${encodeURIComponent(name)}`;
    const asked = new URLSearchParams(query).toString();
    return `${base}${page}${tail}${asked && `?${asked}`}`;
}

/** Goes to an address of the console. With `replace`, Back does not return to the current address. */
export function go(to: string, replace = false): void {
    history[replace ? "replaceState" : "pushState"](null, "", to);
    at = here();
}

/** Finds the route of a path, and the name at the end of the path. Returns null for an unknown path. */
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

/** Opens links inside the console. Leaves other links, and clicks with a modifier key, to the browser. */
export function follow(event: MouseEvent): void {
    const link = (event.target as Element).closest?.("a");
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || !link.pathname.startsWith(base)) return;
    event.preventDefault();
    go(link.pathname + link.search);
}
