// Each path of the console, and its page. The route `users/:name` also matches `users`: without a name, its page lists
// all users.

import Activity from "./pages/Activity.svelte";
import Explain from "./pages/Explain.svelte";
import Groups from "./pages/Groups.svelte";
import Me from "./pages/Me.svelte";
import Overview from "./pages/Overview.svelte";
import Repositories from "./pages/Repositories.svelte";
import Robots from "./pages/Robots.svelte";
import Rules from "./pages/Rules.svelte";
import Services from "./pages/Services.svelte";
import Suggestions from "./pages/Suggestions.svelte";
import Usage from "./pages/Usage.svelte";
import Users from "./pages/Users.svelte";
import WhoCan from "./pages/WhoCan.svelte";
import type { Route } from "./router.svelte";

export const routes: Route[] = [
    { path: "", page: Overview, admin: true },
    { path: "me", page: Me, admin: false },
    { path: "explain", page: Explain, admin: false },
    { path: "repositories/:name", page: Repositories, admin: false },
    { path: "usage", page: Usage, admin: false },
    { path: "activity", page: Activity, admin: true },
    { path: "rules/:name", page: Rules, admin: true },
    { path: "suggestions", page: Suggestions, admin: true },
    { path: "who-can", page: WhoCan, admin: true },
    { path: "users/:name", page: Users, admin: true },
    { path: "robots/:name", page: Robots, admin: true },
    { path: "groups/:name", page: Groups, admin: true },
    { path: "services/:name", page: Services, admin: true },
];
