// Who is signed in in this browser. The cookie itself is out of reach of scripts.

import { onePath } from "../model/onePath";
import type { components } from "./schema";

export type Account = components["schemas"]["Account"];

let account = $state.raw<Account | null>(null);
let ended = $state(false);
let turn = $state(0);
let other = $state<string | null>(null);
let left = $state(false);

export const session = {
    /** The account, once it is known. */
    get account() {
        return account;
    },
    set account(found: Account | null) {
        // What the page shows, and what was typed, stays with the one who saw and typed it.
        if (account && found) seen(found.subject);
        if (!found || other === null) account = found;
    },
    /** Who is signed in in this browser now, if somebody else signed in in another tab. */
    get other() {
        return other;
    },
    /** Grows with each sign-in that follows an ended session: it may be somebody else's. */
    get turn() {
        return turn;
    },
    get admin() {
        return account?.admin ?? false;
    },
    /** Whether this page itself ended the session, by a new password: then only the way back is shown. */
    get left() {
        return left;
    },
    leave(): void {
        left = true;
    },
    /** Whether the session ended while the page was open. What was typed stays. */
    get ended() {
        return ended;
    },
};

/** Where to sign in and come back to the page that is shown. */
export function signInAddress(): string {
    const path = onePath(location.pathname.replace(/^\/console\//, ""), location.search);
    return `/signin?to=console${path && `&code=${encodeURIComponent(path)}`}`;
}

/** Called when an answer says that nobody is signed in. Before anything is shown, this leads to the sign-in page. */
export function signedOut(): void {
    if (left) return;
    if (account) ended = true;
    else location.replace(signInAddress());
}

/** Notes who is signed in in this browser. */
export function seen(subject: string): void {
    if (account) other = subject === account.subject ? null : subject;
}

/** Called when an answer says that somebody is signed in. */
export function signedIn(): void {
    if (!ended) return;
    ended = false;
    turn += 1;
}
