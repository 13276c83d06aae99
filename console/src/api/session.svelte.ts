// Who is signed in in this browser. The cookie itself is out of reach of scripts.

import type { components } from "./schema";

export type Account = components["schemas"]["Account"];

let account = $state.raw<Account | null>(null);
let ended = $state(false);
let turn = $state(0);
let left = $state(false);

export const session = {
    /** The account, once it is known. */
    get account() {
        return account;
    },
    set account(found: Account | null) {
        account = found;
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
    const path = location.pathname.replace(/^\/console\//, "");
    return `/signin?to=console${path && `&code=${encodeURIComponent(path)}`}`;
}

/** Called when an answer says that nobody is signed in. Before anything is shown, this leads to the sign-in page. */
export function signedOut(): void {
    if (left) return;
    if (account) ended = true;
    else location.replace(signInAddress());
}

/** Called when an answer says that somebody is signed in. */
export function signedIn(): void {
    if (!ended) return;
    ended = false;
    turn += 1;
}
