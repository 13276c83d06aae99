// What there is about a user, robot or group besides itself.

import type { AccountKind } from "../model/account";
import { api, send } from "./client";
import { all, type Rows } from "./lists";
import type { Rule } from "./types";

/** The rules for a user, robot or group; of users and robots, those of their groups too. */
export function rulesFor(subject: string, signal: AbortSignal): Promise<Rows<Rule>> {
    return all<Rule>((query) => api.GET("/api/v1/rules", { params: { query: { ...query, subject, warnings: false } }, signal }));
}

/** When somebody was last signed in: in a browser, by docker and its like, with an access key. */
export function lastSignIn(kind: AccountKind, name: string, signal: AbortSignal) {
    const asked = { params: { path: { name } }, signal };
    return kind === "user" ? send(api.GET("/api/v1/users/{name}/last-sign-in", asked)) : send(api.GET("/api/v1/robots/{name}/last-sign-in", asked));
}
