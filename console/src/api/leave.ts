// Signs out, and removes everything that the page showed.

import { api, send } from "./client";
import { ApiError } from "./problem";
import { session } from "./session.svelte";

/** Ends the session of this browser, forgets the account, and opens the sign-in page. */
export async function signOut(): Promise<void> {
    try {
        await send(api.DELETE("/api/v1/me/browser-session"));
    } catch (cause) {
        // Status 401: the session has ended already.
        if (!(cause instanceof ApiError && cause.status === 401)) throw cause;
    }
    session.account = null;
    location.replace("/signin?to=console");
}

/** Reloads a page that the browser restores from its cache. Hides the old data until the reload. */
export function shownAgain(event: PageTransitionEvent): void {
    if (!event.persisted) return;
    session.account = null;
    location.reload();
}
