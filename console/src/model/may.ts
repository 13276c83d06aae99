// What an answer of the server grants, action by action.

import type { CheckAnswer } from "../api/types";

/** For each action, whether it is granted. */
export function mayOf(answer: Pick<CheckAnswer, "granted">, actions: string[]): { action: string; granted: boolean }[] {
    const granted = new Set(answer.granted.flatMap((entry) => entry.actions));
    return actions.map((action) => ({ action, granted: granted.has(action) || granted.has("*") }));
}
