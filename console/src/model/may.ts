// The grants in an answer of the server, action by action.

import type { CheckAnswer } from "../api/types";

/** Returns for each action whether the answer grants it. */
export function mayOf(answer: Pick<CheckAnswer, "granted">, actions: string[]): { action: string; granted: boolean }[] {
    const granted = new Set(answer.granted.flatMap((entry) => entry.actions));
    return actions.map((action) => ({ action, granted: granted.has(action) || granted.has("*") }));
}
