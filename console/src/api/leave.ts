// Signing out: nothing of what was shown stays behind.

import { api, send } from "./client";
import { session } from "./session.svelte";

/** Ends the session of this browser and leads to the sign-in. What was shown is gone before. */
export async function signOut(): Promise<void> {
    await send(api.DELETE("/api/v1/me/browser-session"));
    session.account = null;
    location.replace("/signin?to=console");
}

/** A page that the browser kept and shows again is from before: it is asked for anew, and shows nothing until then. */
export function shownAgain(event: PageTransitionEvent): void {
    if (!event.persisted) return;
    session.account = null;
    location.reload();
}
