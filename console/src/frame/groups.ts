// The pages in the navigation, in their order. Routes are in src/routes.ts.

import { t } from "../words";

interface Listed {
    path: string;
    title: string;
    /** Whether only administrators see it. */
    admin: boolean;
}

export const groups: { key: string; title?: string; pages: Listed[] }[] = [
    {
        key: "first",
        pages: [
            { path: "", title: t.nav.overview, admin: true },
            { path: "me", title: t.nav.me, admin: false },
            { path: "explain", title: t.nav.explain, admin: false },
        ],
    },
    {
        key: "access",
        title: t.nav.access,
        pages: [
            { path: "rules", title: t.nav.rules, admin: true },
            { path: "who-can", title: t.nav.whoCan, admin: true },
            { path: "users", title: t.nav.users, admin: true },
            { path: "robots", title: t.nav.robots, admin: true },
            { path: "groups", title: t.nav.groups, admin: true },
        ],
    },
    {
        key: "system",
        title: t.nav.system,
        pages: [{ path: "services", title: t.nav.services, admin: true }],
    },
];
