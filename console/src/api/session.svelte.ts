// The account that is signed in in this browser. The server names it, because scripts cannot read the session cookie.

import { onePath } from "../model/onePath";
import type { components } from "./schema";

export type Account = components["schemas"]["Account"];

let account = $state.raw<Account | null>(null);
let ended = $state(false);
let turn = $state(0);
let other = $state<string | null>(null);
let left = $state(false);

export const session = {
    /** The signed-in account; null until the server has named it, and after a sign-out. */
    get account() {
        return account;
    },
    set account(found: Account | null) {
        // Another account must not see this account's data and typed text.
        if (account && found) seen(found.subject);
        if (!found || other === null) account = found;
    },
    /** The account that signed in in another tab, if it is not this page's account. */
    get other() {
        return other;
    },
    /** Counts the sign-ins after an ended session. The new session may belong to another account. */
    get turn() {
        return turn;
    },
    get admin() {
        return account?.admin ?? false;
    },
    /** True if the person set a new password on this page, which ended the session. Then the page shows only a link to the sign-in. */
    get left() {
        return left;
    },
    leave(): void {
        left = true;
    },
    /** True if the session ended while the page was open. Typed text stays. */
    get ended() {
        return ended;
    },
};

/** Returns the address of the sign-in page, which leads back to the current page. */
export function signInAddress(): string {
    const path = onePath(location.pathname.replace(/^\/console\//, ""), location.search);
    return `/signin?to=console${path && `&code=${encodeURIComponent(path)}`}`;
}

/** Notes that nobody is signed in. Opens the sign-in page if this page has shown nothing yet. Does nothing after `leave`. */
export function signedOut(): void {
    if (left) return;
    if (account) ended = true;
    else location.replace(signInAddress());
}

/** Notes the account that is signed in in this browser. */
export function seen(subject: string): void {
    if (account) other = subject === account.subject ? null : subject;
}

/** Notes that somebody is signed in. If the session had ended, `turn` counts a new sign-in. */
export function signedIn(): void {
    if (!ended) return;
    ended = false;
    turn += 1;
}
