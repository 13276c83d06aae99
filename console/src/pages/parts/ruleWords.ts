// Formats the value of a rule's field, for a comparison side by side.

import type { DraftField, RuleDraft } from "../../model/draft";
import { t } from "../../words";
import { moment } from "../../words/format";

export function inWords(draft: RuleDraft, field: DraftField): string {
    const value = draft[field];
    if (Array.isArray(value)) return value.join(", ") || t.common.none;
    if (typeof value === "boolean") return value ? t.common.yes : t.common.no;
    if (field === "not_before" || field === "not_after") return value ? moment(value) : t.common.none;
    return value || t.common.none;
}
