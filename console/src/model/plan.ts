// A short summary of the server's plan.

import type { Plan } from "../api/types";

export interface Effect {
    given: number;
    taken: number;
    /** True if more rights change than the plan lists. */
    more: boolean;
}

/** Counts the rights that a plan gives and takes away. */
export function effectOf(plan: Plan): Effect {
    const given = plan.decisions.filter((decision) => decision.after).length;
    return { given, taken: plan.decisions.length - given, more: plan.decisions_omitted > 0 };
}

/** Removes the position of the object, such as `document 1 (rule web): `, from a message of the server. */
export const bareMessage = (message: string): string => message.replace(/^(document|line) \d+ \([^)]*\): /, "");
