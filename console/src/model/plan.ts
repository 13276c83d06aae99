// What a plan of the server says in short.

import type { Plan } from "../api/types";

export interface Effect {
    given: number;
    taken: number;
    /** Whether there are more than the plan lists. */
    more: boolean;
}

/** How many rights a plan gives and takes. */
export function effectOf(plan: Plan): Effect {
    const given = plan.decisions.filter((decision) => decision.after).length;
    return { given, taken: plan.decisions.length - given, more: plan.decisions_omitted > 0 };
}

/** What the server refuses of a change, without which of the sent objects it is about: there is one. */
export const bareMessage = (message: string): string => message.replace(/^(document|line) \d+ \([^)]*\): /, "");
