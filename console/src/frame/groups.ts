// The pages in the navigation, in order. Routes are in src/routes.ts.

import { t } from "../words";

interface Listed {
    path: string;
    title: string;
    /** True if only administrators see the page. */
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
        key: "images",
        title: t.nav.images,
        pages: [
            { path: "repositories", title: t.nav.repositories, admin: false },
            { path: "usage", title: t.nav.usage, admin: false },
            { path: "activity", title: t.nav.activity, admin: true },
        ],
    },
    {
        key: "access",
        title: t.nav.access,
        pages: [
            { path: "rules", title: t.nav.rules, admin: true },
            { path: "who-can", title: t.nav.whoCan, admin: true },
            { path: "suggestions", title: t.suggestions.title, admin: true },
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
