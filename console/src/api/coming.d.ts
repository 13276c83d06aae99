// Paths that the server's description does not have yet. Goes away when schema.d.ts has them.

import type { components } from "./schema";

type Schemas = components["schemas"];
type Json<T> = { content: { "application/json": T } };
type Failure = { default: { headers: Record<string, string>; content: { "application/problem+json": Schemas["Problem"] } } };
type Answer<T> = { headers: Record<string, string> } & Json<T>;

export interface Coming {
    "/api/v1/preview": {
        post: { requestBody: Json<object | object[]>; responses: { 200: Answer<Schemas["Plan"]> } & Failure };
    };
}

export interface CheckBatch {
    questions: Schemas["Check"][];
}

/** A rule that was looked at, and which of its fields fit. */
export interface ConsideredRule {
    rule: string;
    fields: Record<Schemas["RuleField"], boolean>;
}
