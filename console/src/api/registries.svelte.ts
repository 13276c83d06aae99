// The registries to choose from, the last choice, and the host that the person typed for each registry. A reload of the
// page forgets the choice and the hosts.

import { api, send } from "./client";
import { all } from "./lists";
import { load, type Loaded } from "./load.svelte";
import type { Service } from "./types";

/** The name of the service that the first start of the server creates. */
const first = "registry";

let last = $state("");
const hosts = $state<Record<string, string>>({});

export interface Registries {
    readonly list: Loaded<string[]>;
    /** The default choice: the last chosen registry, else the service of the first start, else the first in the list. */
    readonly usual: string;
}

/** Loads the registries to choose from. Call it while a component is set up. */
export function registries(admin: boolean): Registries {
    const list = load(async (signal) => {
        if (!admin) return (await send(api.GET("/api/v1/me/services", { signal }))).services;
        return (await all<Service>((query) => api.GET("/api/v1/services", { params: { query }, signal }))).items.map((one) => one.name);
    });
    return {
        list,
        get usual() {
            const names = list.data ?? [];
            return [last, first].find((one) => names.includes(one)) ?? names[0] ?? "";
        },
    };
}

/** Notes the chosen registry, as the default of the next page. */
export const choose = (name: string): void => void (last = name);

/** Returns the host that the person typed for a registry. */
export const hostOf = (registry: string): string | undefined => hosts[registry];
export const setHost = (registry: string, host: string): void => void (hosts[registry] = host);
