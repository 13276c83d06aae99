// Signing out: nothing of what was shown stays behind.

import { api, send } from "./client";
import { ApiError } from "./problem";
import { session } from "./session.svelte";

/** Ends the session of this browser and leads to the sign-in. What was shown is gone before. */
export async function signOut(): Promise<void> {
    try {
        await send(api.DELETE("/api/v1/me/browser-session"));
    } catch (cause) {
        // A session that has ended already is what was wanted.
        if (!(cause instanceof ApiError && cause.status === 401)) throw cause;
    }
    session.account = null;
    location.replace("/signin?to=console");
}

/** A page that the browser kept and shows again is from before: it is asked for anew, and shows nothing until then. */
export function shownAgain(event: PageTransitionEvent): void {
    if (!event.persisted) return;
    session.account = null;
    location.reload();
}
