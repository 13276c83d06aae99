// The rights of an access key, in words.

import type { AccessKey } from "../../api/types";
import { grantOf } from "../../model/accessKey";
import { meaning } from "../../model/glob";
import { t } from "../../words";

/** Describes one scope of a key in words. */
export function scopeInWords(scope: string): string {
    const grant = grantOf(scope);
    return grant ? t.keys.meaning(grant.actions, grant.name, meaning(grant.name)) : scope;
}

/** Describes the rights of a key, such as `pull in all below web/`. */
export function keyInWords(key: Pick<AccessKey, "scopes">): string {
    return key.scopes ? key.scopes.map(scopeInWords).join("; ") : t.keys.all;
}
