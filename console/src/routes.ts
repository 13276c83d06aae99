// Every path of the console and its page. A page with a name is found by the same line.

import Explain from "./pages/Explain.svelte";
import Groups from "./pages/Groups.svelte";
import Me from "./pages/Me.svelte";
import Overview from "./pages/Overview.svelte";
import Robots from "./pages/Robots.svelte";
import Rules from "./pages/Rules.svelte";
import Services from "./pages/Services.svelte";
import Users from "./pages/Users.svelte";
import WhoCan from "./pages/WhoCan.svelte";
import type { Route } from "./router.svelte";

export const routes: Route[] = [
    { path: "", page: Overview, admin: true },
    { path: "me", page: Me, admin: false },
    { path: "explain", page: Explain, admin: false },
    { path: "rules/:name", page: Rules, admin: true },
    { path: "who-can", page: WhoCan, admin: true },
    { path: "users/:name", page: Users, admin: true },
    { path: "robots/:name", page: Robots, admin: true },
    { path: "groups/:name", page: Groups, admin: true },
    { path: "services/:name", page: Services, admin: true },
];
