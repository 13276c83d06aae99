// Short names for the types of the API.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Rule = Schemas["List_Rule"]["items"][number];
export type RuleFields = Schemas["RulePut"];
export type RuleWarning = Schemas["RuleWarning"];
export type Effect = Schemas["Effect"];
export type CheckAnswers = Schemas["CheckAnswers"];
export type Plan = Schemas["Plan"];
export type DecisionChange = Schemas["DecisionChange"];
export type CheckAnswer = Schemas["CheckAnswer"];
export type Explanation = Schemas["Explanation"];
export type RuleField = Schemas["RuleField"];
export type Status = Schemas["Status"];
export type User = Schemas["List_User"]["items"][number];
export type Robot = Schemas["List_Robot"]["items"][number];
export type Group = Schemas["List_Group"]["items"][number];
export type Service = Schemas["List_Service"]["items"][number];
export type AccessKey = Schemas["List_AccessKey"]["items"][number];
export type CreatedAccessKey = Schemas["CreatedAccessKey"];
export type RefreshToken = Schemas["List_RefreshToken"]["items"][number];
export type Repository = Schemas["List_Repository"]["items"][number];
export type Tag = Schemas["Tag"];
export type Usage = Schemas["List_Usage"]["items"][number];
export type Activity = Schemas["List_Activity"]["items"][number];
export type Suggestion = Schemas["Suggestion"];
