// Reads the rules about a user, robot or group, and the last sign-in of a user or robot.

import type { AccountKind } from "../model/account";
import { api, send } from "./client";
import { all, type Rows } from "./lists";
import type { Rule } from "./types";

/** Reads the rules whose subjects include `subject`. For a user or robot, also reads the rules for its groups and for everybody. */
export function rulesFor(subject: string, signal: AbortSignal): Promise<Rows<Rule>> {
    return all<Rule>((query) => api.GET("/api/v1/rules", { params: { query: { ...query, subject, warnings: false } }, signal }));
}

/** Reads the times of the last sign-ins: in a browser, by a client such as docker, with an access key. */
export function lastSignIn(kind: AccountKind, name: string, signal: AbortSignal) {
    const asked = { params: { path: { name } }, signal };
    return kind === "user" ? send(api.GET("/api/v1/users/{name}/last-sign-in", asked)) : send(api.GET("/api/v1/robots/{name}/last-sign-in", asked));
}
