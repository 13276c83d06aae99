// What an access key may, in words.

import type { AccessKey } from "../../api/types";
import { grantOf } from "../../model/accessKey";
import { meaning } from "../../model/glob";
import { t } from "../../words";

/** What one scope of a key means. */
export function scopeInWords(scope: string): string {
    const grant = grantOf(scope);
    return grant ? t.keys.meaning(grant.actions, grant.name, meaning(grant.name)) : scope;
}

/** `pull in all below web/`, or all that the owner may. */
export function keyInWords(key: Pick<AccessKey, "scopes">): string {
    return key.scopes ? key.scopes.map(scopeInWords).join("; ") : t.keys.all;
}
