// Made by `npm run schema` from the server's /api/v1/openapi.json. Do not edit.

export interface paths {
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Publishes the keys that tokens are signed with (RFC 7517). */
        get: operations["getKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes an access key at once. */
        delete: operations["deleteAccessKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists pulls, pushes, mounts and deletions one by one, the newest first.
         * @description The server keeps only the last pulls, and the other events of the last months. A page may be short and still have a `next`.
         */
        get: operations["listActivity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Writes the objects of a file, all of them or none. */
        post: operations["apply"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the audit trail. */
        get: operations["listChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tells what would be granted, and why.
         * @description One question, or `{"questions": [...]}` with at most 500, which is answered by `{"answers": [...]}` in the same order.
         */
        post: operations["check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists groups by name, a page at a time. */
        get: operations["listGroups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a group. */
        get: operations["getGroup"];
        /** Creates or replaces a group. */
        put: operations["putGroup"];
        post?: never;
        /** Deletes a group. */
        delete: operations["deleteGroup"];
        options?: never;
        head?: never;
        /** Changes some fields of a group (JSON merge patch). */
        patch: operations["patchGroup"];
        trace?: never;
    };
    "/api/v1/groups/{name}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the members of a group by name, a page at a time. */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{name}/members/{member}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Puts a user or robot into a group. */
        put: operations["putMember"];
        post?: never;
        /** Takes a user or robot out of a group. */
        delete: operations["deleteMember"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/identity-providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists identity providers by name, a page at a time. */
        get: operations["listIdentityProviders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/identity-providers/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows an identity provider. */
        get: operations["getIdentityProvider"];
        /** Creates or replaces an identity provider. */
        put: operations["putIdentityProvider"];
        post?: never;
        /** Deletes an identity provider. */
        delete: operations["deleteIdentityProvider"];
        options?: never;
        head?: never;
        /** Changes some fields of an identity provider (JSON merge patch). */
        patch: operations["patchIdentityProvider"];
        trace?: never;
    };
    "/api/v1/identity-providers/{name}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets the server cut off people of an identity provider again, after it stopped because very many were gone at once. */
        post: operations["releaseIdentityProvider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/identity-providers/{name}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tries an identity provider, step by step, and says what a person would get. Changes nothing. */
        post: operations["testIdentityProvider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the usable invitations by user name, a page at a time. */
        get: operations["listInvitations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the caller's own account. */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/access-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the caller's own access keys. */
        get: operations["listMyAccessKeys"];
        put?: never;
        /** Makes an access key for the caller; its secret is shown once. */
        post: operations["createMyAccessKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/access-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes one of the caller's access keys at once. */
        delete: operations["deleteMyAccessKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/browser-session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the browser session that the caller is signed in with. */
        get: operations["getMyBrowserSession"];
        put?: never;
        post?: never;
        /** Signs this browser out: ends the session and takes its cookie away. */
        delete: operations["deleteMyBrowserSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tells what the caller would be granted, and why.
         * @description The question is about the caller's address and the present time. The answer names only rules about the caller.
         */
        post: operations["checkMe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Changes the caller's own password. */
        put: operations["putMyPassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/refresh-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the caller's own refresh tokens. */
        get: operations["listMyRefreshTokens"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/refresh-tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes one of the caller's refresh tokens at once. */
        delete: operations["deleteMyRefreshToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the registries, and where clients get tokens. */
        get: operations["listMyServices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists what the caller did in which repository and how often, for a period.
         * @description Days older than about two months are summed up to months. A month that overlaps the period counts as a whole. A page may be short and still have a `next`.
         */
        get: operations["listMyUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Describes the whole API. */
        get: operations["getDescription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tells what applying some objects would change. Writes nothing, and waits for no writer.
         * @description One object or a list of them as JSON, or a file of them as NDJSON or YAML: rules, groups, users and robots, each with `kind` and `name`. At most 1,000 objects and 1 MiB. An error in a single JSON object names the field. Other errors also name the document: `document 2: names[0]`.
         */
        post: operations["preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pulls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists who pulled a manifest, and from which repository.
         * @description A client that pulls an index also pulls manifests that the index lists. Ask for those by their own digests.
         */
        get: operations["listPulls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/refresh-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the refresh tokens of a user. */
        get: operations["listRefreshTokens"];
        put?: never;
        post?: never;
        /** Ends every session of a user. */
        delete: operations["deleteRefreshTokens"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/refresh-tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a refresh token at once. */
        delete: operations["deleteRefreshToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/repositories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the repositories that the caller may pull, by name and then by service.
         * @description The list is as registries report it. The search for a page takes a tenth of a second at most, so a page may be short, or empty, and still have a `next`. 503 when too many such lists are in progress.
         */
        get: operations["listRepositories"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/repositories/{service}/{repository}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a repository that the caller may pull, with its tags and manifests.
         * @description The name of the repository is the rest of the path, slashes included. A repository that the caller may not pull is 404, as if it were not there. Tags and manifests are lists with pages of their own.
         */
        get: operations["getRepository"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/robots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists robots by name, a page at a time. */
        get: operations["listRobots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/robots/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a robot. */
        get: operations["getRobot"];
        /** Creates or replaces a robot. */
        put: operations["putRobot"];
        post?: never;
        /** Deletes a robot. */
        delete: operations["deleteRobot"];
        options?: never;
        head?: never;
        /** Changes some fields of a robot (JSON merge patch). */
        patch: operations["patchRobot"];
        trace?: never;
    };
    "/api/v1/robots/{name}/access-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the access keys of a robot, without their secrets. */
        get: operations["listRobotAccessKeys"];
        put?: never;
        /** Makes an access key for a robot; its secret is shown once. */
        post: operations["createRobotAccessKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/robots/{name}/last-sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells when a robot last signed in.
         * @description Deleted sessions and keys are not counted.
         */
        get: operations["getRobotLastSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists rules by name, a page at a time. */
        get: operations["listRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a rule. */
        get: operations["getRule"];
        /** Creates or replaces a rule. */
        put: operations["putRule"];
        post?: never;
        /** Deletes a rule. */
        delete: operations["deleteRule"];
        options?: never;
        head?: never;
        /** Changes some fields of a rule (JSON merge patch). */
        patch: operations["patchRule"];
        trace?: never;
    };
    "/api/v1/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists services by name, a page at a time. */
        get: operations["listServices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a service. */
        get: operations["getService"];
        /** Creates or replaces a service. */
        put: operations["putService"];
        post?: never;
        /** Deletes a service. */
        delete: operations["deleteService"];
        options?: never;
        head?: never;
        /** Changes some fields of a service (JSON merge patch). */
        patch: operations["patchService"];
        trace?: never;
    };
    "/api/v1/services/{name}/crawl": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows how far the server has read the registry of a service. */
        get: operations["getCrawl"];
        put?: never;
        /**
         * Begins to read the registry of a service, to fill its inventory.
         * @description Answers when the crawl has begun. `GET` shows the progress. An unfinished crawl of the last day is continued. 409 if the service names no registry, if the operator did not list the host of the registry, or if the service is being crawled.
         */
        post: operations["crawlService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services/{name}/registry-config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the set-up of a service's registry: its configuration and the files that it needs. */
        get: operations["getRegistryConfig"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the state of the server and of its environment. */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/suggestions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Suggests rights to take away, because nobody used them for 90 days.
         * @description Each suggestion has the object after the change, as `apply` takes it. The server tested each suggestion, and all suggestions together, against all uses that registries reported: every reported use that the rules grant now stays granted. Nothing is suggested about a rule for a service that has reported for fewer than 30 days, or whose registry is silent.
         */
        get: operations["listSuggestions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists who did what in which repository and how often, for a period.
         * @description Days older than about two months are summed up to months. A month that overlaps the period counts as a whole. A page may be short and still have a `next`.
         */
        get: operations["listUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists users by name, a page at a time. */
        get: operations["listUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a user. */
        get: operations["getUser"];
        /** Creates or replaces a user. */
        put: operations["putUser"];
        post?: never;
        /** Deletes a user. */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        /** Changes some fields of a user (JSON merge patch). */
        patch: operations["patchUser"];
        trace?: never;
    };
    "/api/v1/users/{name}/access-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the access keys of a user, without their secrets. */
        get: operations["listUserAccessKeys"];
        put?: never;
        /** Makes an access key for a user; its secret is shown once. */
        post: operations["createUserAccessKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/identity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the identity of a user at an identity provider. */
        get: operations["getIdentity"];
        /** Links a user with a person of an identity provider. The user loses the password. */
        put: operations["putIdentity"];
        post?: never;
        /** Unlinks a user from the identity provider: keys and sessions end, the user stays. */
        delete: operations["deleteIdentity"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/identity/recheck": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks the identity provider about a user now. */
        post: operations["recheckIdentity"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Makes a link with which a user without a password sets a first password.
         * @description The link is shown once. It works once, within 24 hours. An earlier link ends.
         */
        post: operations["createUserInvitation"];
        /** Withdraws the invitation of a user: its link ends. */
        delete: operations["deleteUserInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{name}/last-sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells when a user last signed in.
         * @description Deleted sessions and keys are not counted.
         */
        get: operations["getUserLastSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/who-can": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists who may do something, and by which rule. */
        get: operations["whoCan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{service}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receives the events of a registry: pulls, pushes, deletions.
         * @description The body is an envelope of events as distribution sends it. 200 means that its usable events are committed, or that the service records no events. Events that cannot be read or used are counted, and the answer is 200 too. A rule must grant the owner of the credentials `push` on `registry:events` of the service. If a registry has several endpoints, each needs a name: `?sender=NAME`.
         */
        post: operations["reportEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tells that the process answers. */
        get: operations["isLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells whether tokens can be issued.
         * @description 200 if the policy in memory is fresh enough, and the server is not stopping. Otherwise 503.
         */
        get: operations["isReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the metrics, as Prometheus text. */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth2/device_authorization": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins the sign-in of a device without a browser (RFC 8628). */
        post: operations["authorizeDevice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth2/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends a refresh token (RFC 7009).
         * @description The token itself is proof enough. The answer for an unknown token is 200 too.
         */
        post: operations["revokeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oauth2/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives a device its access key once a person has approved it.
         * @description Ask again after `interval` seconds while `error` is `authorization_pending`. `error` is `slow_down` if the device asks too often, `access_denied` if a person refused the device, and `expired_token` after ten minutes.
         */
        post: operations["getDeviceKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Issues a token for Basic credentials, for an access key by Bearer, or without credentials.
         * @description HEAD is answered like GET, without a body, and never makes a refresh token.
         */
        get: operations["getToken"];
        put?: never;
        /** Issues a token for a password or a refresh token. */
        post: operations["postToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description All grants of a token, sorted, with one entry for each resource. Every entry has actions.
         *
         *     Serialises as the `access` claim, which is always an array.
         */
        Access: components["schemas"]["AccessEntry"][];
        /** @description The granted actions of one resource. An entry of an [`Access`] has at least one action. */
        AccessEntry: {
            /** @description The granted actions, sorted. */
            actions: components["schemas"]["Action"][];
            /** @description The name of the resource, exactly as the client asked. */
            name: components["schemas"]["ResourceName"];
            /** @description The type of the resource, without the class that may follow the type in parentheses. */
            type: components["schemas"]["ResourceType"];
        };
        /** @description An access key as the API shows it, without its secret. */
        AccessKey: {
            /** @description The time of creation. */
            created_at: components["schemas"]["Timestamp"];
            expires_at: components["schemas"]["Timestamp"] | null;
            /**
             * Format: uuid
             * @description a public id
             * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
             */
            id: string;
            /** @description The client's address at the last use; null if it is not known. */
            last_address: string | null;
            last_used_at: components["schemas"]["Timestamp"] | null;
            /** @description A name by which people recognise the key. */
            name: string;
            /**
             * @description The origin of the key: `api`, `browser` (the page of one's own keys) or `device` (a device that the owner
             *     approved).
             */
            origin: components["schemas"]["KeyOrigin"];
            /** @description the restriction of the key; null for none */
            scopes: string[] | null;
            /** @description The owner of the key. */
            subject: components["schemas"]["SubjectRef"];
        };
        Account: components["schemas"]["UserAccount"] | components["schemas"]["RobotAccount"];
        /**
         * @description an action, or `*` for every action
         * @example pull
         */
        Action: string;
        /** @description An event that a registry reported. Its names and addresses come from the registry. */
        Activity: {
            /**
             * @description the action that an event reports
             * @example pull
             * @enum {string}
             */
            action: "pull" | "check" | "push" | "mount" | "delete";
            /** @description The client's address, or the network of that address; null when it is not reported or no longer kept. */
            address: string | null;
            /** @description The client's program, as the client reports it; null when it is not reported or no longer kept. */
            agent: string | null;
            /** @description The time of the event. */
            at: components["schemas"]["Timestamp"];
            /** @description The digest of the manifest or layer; null when the registry did not report it. */
            digest: string | null;
            /** @description The name of the repository. */
            repository: components["schemas"]["ResourceName"];
            /** @description The service of the registry. */
            service: components["schemas"]["ServiceName"];
            /** @description The name of the user or robot, `anonymous`, or the pseudonym of a deleted user. */
            subject: string;
            /** @description The name of the tag; null when the registry did not report it. */
            tag: string | null;
        };
        /** @description The use and the validity of a certificate. */
        CertificateStatus: {
            /** @description The end of validity. */
            not_after: components["schemas"]["Timestamp"];
            /** @description The beginning of validity. */
            not_before: components["schemas"]["Timestamp"];
            /** @description `ca`, `tls`, or the state of the signing key that the certificate belongs to. */
            use: string;
        };
        /** @description The record of one object that a write changed. A record never contains a secret. */
        ChangeRecord: {
            /**
             * @description The kind of change: `create`, `update`, `delete`, `revoke`, `add-member`, `remove-member`; for signing keys
             *     also `rotate`; for the whole database `backup`, `restore`, `copy`.
             */
            action: string;
            /** @description The actor: `user:NAME`, `robot:NAME`, `system` or `anonymous`. */
            actor: string;
            /** @description The client's address, if it is known. */
            address: string | null;
            /**
             * @description The full state after the change; null for a deleted or revoked object and a removed member. For an added member,
             *     only the member.
             */
            after: Record<string, never> | null;
            /** @description The time of the change. */
            at: components["schemas"]["Timestamp"];
            /**
             * @description The full state before the change; null for a new object, an added member and actions on the database. For a
             *     removed member, only the member.
             */
            before: Record<string, never> | null;
            /** @description The hash of this record: SHA-256 of its canonical text, in hex. */
            hash: string;
            /**
             * @description The kind of object: `user`, `robot`, `group`, `service`, `rule`, `access-key`, `refresh-token`,
             *     `identity-provider`, `identity`, `invitation`, `signing-key`, `database`.
             */
            kind: string;
            /** @description The name or id of the object. */
            name: string;
            /** @description The hash of the previous record; empty for the first record. */
            prev_hash: string;
            /** @description The id of the request, or the name of the task or command that made the change, such as `purge`. */
            request_id: string;
            /**
             * Format: int64
             * @description The number of the record in the trail, counted from 1 without gaps.
             */
            seq: number;
            /** @description The id of the transaction that made the change. */
            tx: string;
        };
        /**
         * @description A question to the policy.
         * @example {
         *       "scope": "repository:web/site:pull,push",
         *       "service": "registry",
         *       "subject": "user:admin"
         *     }
         */
        Check: {
            /**
             * Format: uuid
             * @description The id of the access key that the client presents; absent if the client presents no access key.
             */
            access_key?: string | null;
            /**
             * @description an IP address
             * @example 192.0.2.1
             */
            address?: string | null;
            at?: components["schemas"]["Timestamp"] | null;
            /**
             * @description The requested scopes: at most 64, with spaces between them.
             * @example repository:web/site:pull,push
             */
            scope: string;
            /** @description The service of the registry that the token is for. */
            service: components["schemas"]["ServiceName"];
            /**
             * @description a user, a robot, or `anonymous`
             * @example user:admin
             */
            subject: string;
        };
        /** @description The answer to a check. */
        CheckAnswer: {
            /** @description The access that a token would grant. */
            granted: components["schemas"]["Access"];
            /** @description Scopes and actions that are malformed and so grant nothing, each with the reason. */
            ignored: components["schemas"]["Dropped"][];
            /** @description The reason why nothing is granted, regardless of the rules; `null` when the rules decide. */
            inactive: string | null;
            /** @description The service of the registry. */
            service: components["schemas"]["ServiceName"];
            /**
             * @description a user, a robot, or `anonymous`
             * @example user:admin
             */
            subject: string;
            /** @description The reasons, for every requested resource and action. */
            why: components["schemas"]["Explanation"][];
        };
        /** @description The answers to many questions, in the order of the questions. */
        CheckAnswers: {
            /** @description The answers, one for each question. */
            answers: components["schemas"]["CheckAnswer"][];
        };
        /**
         * @description Questions for the policy.
         * @example {
         *       "questions": [
         *         {
         *           "scope": "repository:web/site:pull",
         *           "service": "registry",
         *           "subject": "user:admin"
         *         }
         *       ]
         *     }
         */
        Checks: {
            /** @description The questions: at most 500, with at most 2,000 scopes together. */
            questions: components["schemas"]["Check"][];
            /**
             * @description True if each answer contains its reasons; otherwise `why` is empty. The reasons name only rules about the
             *     subject.
             */
            why?: boolean;
        };
        /** @description A rule that was examined. */
        Considered: {
            /** @description The effect of the rule. */
            effect: components["schemas"]["Effect"];
            /** @description The fields that do not match; empty for a rule that decides. */
            fields: components["schemas"]["RuleField"][];
            /** @description The name of the rule. */
            rule: components["schemas"]["RuleName"];
        };
        /** @description The settings of a crawl: the registry whose content fills the inventory of a service. */
        Crawl: {
            /**
             * @description A file with the authorities that sign the registry's certificate; null for the authorities of the
             *     system.
             * @example /etc/portreeve/registry-ca.crt
             */
            ca_file: string | null;
            /**
             * @description The address at which this server reaches the registry itself, such as `http://127.0.0.1:5000`.
             * @example http://127.0.0.1:5000
             */
            registry: string;
            /**
             * @description The robot whose rights this server uses to read the registry. Rules must let the robot read the
             *     catalogue and pull.
             */
            robot: components["schemas"]["SubjectName"];
        };
        /** @description The options of a crawl. */
        CrawlFields: {
            /**
             * @description True if the registry may be empty: if it lists no repository, all known repositories count as gone. If false,
             *     the crawl of an empty registry fails.
             * @default false
             */
            accept_empty: boolean;
            /**
             * @description True if the crawl also asks for the digests of known tags: a tag may have moved without a report.
             * @default false
             */
            all_tags: boolean;
        };
        /**
         * @description The stage of a crawl.
         * @enum {string}
         */
        CrawlStage: "never" | "running" | "finished" | "failed" | "interrupted";
        /** @description The last crawl of the registry of a service. */
        Crawled: {
            /** @description True if the crawl also asks for the digests of known tags. */
            all_tags: boolean;
            /** @description The reason why the crawl ended early; null if it did not. */
            error: string | null;
            finished_at: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description The number of repositories that the registry does not list any more.
             */
            gone: number;
            /**
             * Format: int64
             * @description The number of tags whose digest the registry was asked for.
             */
            looked_up: number;
            /**
             * Format: int64
             * @description The number of repositories whose tags were not read, because no rule lets the robot pull them.
             */
            refused: number;
            /** @description The id of the server that crawls, as the status lists it; null if the crawl has ended. */
            replica: string | null;
            /**
             * Format: int64
             * @description The number of repositories that the registry lists.
             */
            repositories: number;
            /**
             * Format: int64
             * @description The number of requests to the registry.
             */
            requests: number;
            /** @description The name of the service. */
            service: string;
            /**
             * Format: int64
             * @description The number of repositories and tags that the crawl left out: their names are invalid, there are too many, or
             *     the registry gave no usable answer. The server keeps what it knew about them.
             */
            skipped: number;
            started_at: components["schemas"]["Timestamp"] | null;
            /** @description The stage of the crawl. */
            state: components["schemas"]["CrawlStage"];
            /**
             * Format: int64
             * @description The number of tags that the registry lists.
             */
            tags: number;
        };
        /** @description A new key with its secret. Only this answer shows the secret. */
        CreatedAccessKey: {
            /** @description The time at which the key was made. */
            created_at: components["schemas"]["Timestamp"];
            expires_at: components["schemas"]["Timestamp"] | null;
            /**
             * Format: uuid
             * @description a public id
             * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
             */
            id: string;
            /** @description A name by which people recognise the key. */
            name: string;
            /** @description the restriction of the key; null for none */
            scopes: string[] | null;
            /** @description The credential to present as password. */
            secret: string;
        };
        /** @description The kind and size of a database. */
        DatabaseStatus: {
            /**
             * Format: int64
             * @description The size of the database, bytes.
             */
            bytes: number;
            /** @description `sqlite` or `postgresql`. */
            kind: string;
        };
        /** @description A set of decisions that change. */
        DecisionChange: {
            /**
             * @description The action; `*` for every action. If `partly` is true, `*` may mean only a request for `*` itself, or only
             *     the actions that no rule names.
             */
            action: string;
            /** @description True if the action is granted now. */
            after: boolean;
            /** @description True if the action was granted before. */
            before: boolean;
            by: components["schemas"]["RuleName"] | null;
            /** @description An example for which the row is true. */
            example: components["schemas"]["DecisionExample"];
            /** @description The glob of the resources' names, as rules write it. */
            name: string;
            /** @description True if some of these decisions do not change, or change in another way. */
            partly: boolean;
            /** @description The selector of the subjects, as rules write it. */
            selector: string;
            /** @description The registries: a name, or a glob as rules write it. */
            service: string;
            /** @description The type of the resources. `*` means every type, or every type without a row of its own. */
            type: string;
        };
        /** @description A subject and a resource for which a decision changes. */
        DecisionExample: {
            /** @description The client's address, if the decision depends on it. */
            address: string | null;
            /** @description The scope that a client must request; absent unless the registry reads that scope as a wider one. */
            asked: string | null;
            at: components["schemas"]["Timestamp"] | null;
            /** @description The name of the resource. */
            name: components["schemas"]["ResourceName"];
            /**
             * @description A user or robot, or `anonymous`. `group:NAME` stands for a made-up member of a group without known members,
             *     and `user:0.somebody.else` for anybody who signs in.
             */
            subject: string;
        };
        /** @description The answer to a device that asks for a code (RFC 8628 section 3.2). */
        DeviceAuthorization: {
            /** @description The secret that the device sends to `/oauth2/token`. */
            device_code: string;
            /**
             * Format: int64
             * @description The time for which the codes are valid, seconds.
             */
            expires_in: number;
            /**
             * Format: int64
             * @description The wait between two requests, seconds.
             */
            interval: number;
            /** @description The code that the device shows to the person in front of it: `XXXX-XXXX`. */
            user_code: string;
            /** @description The page on which the person types the code. */
            verification_uri: string;
            /** @description The address of the page `verification_uri` with the code filled in. */
            verification_uri_complete: string;
        };
        /** @description The form of `POST /oauth2/device_authorization`. */
        DeviceAuthorizationForm: {
            /**
             * @description The name that the client gives itself. Any name is accepted.
             * @example a-tool
             */
            client_id?: string;
            /**
             * @description The name of the device. The page of approval shows this name, and the name of the access key contains it. When
             *     absent, the name is the address of the device.
             * @example laptop
             */
            device_name?: string;
        };
        /** @description The access key of a device (RFC 6749 section 5.1). */
        DeviceToken: {
            /** @description An access key: a password for registries, a bearer token for the administration API. */
            access_token: string;
            /**
             * Format: int64
             * @description The time for which the key is valid, seconds.
             */
            expires_in: number;
            /** @description The public id of the key, by which it is revoked. */
            key_id: string;
            /** @description `Bearer`. */
            token_type: string;
            /** @description The name of the user who approved the device. Registries need it together with the key. */
            username: string;
        };
        /** @description The form of `POST /oauth2/token`. */
        DeviceTokenForm: {
            /** @description The name that the client gives itself. Any name is accepted. */
            client_id?: string;
            /**
             * @description The `device_code` in the answer of `/oauth2/device_authorization`.
             * @example unknown
             */
            device_code: string;
            /**
             * @description `urn:ietf:params:oauth:grant-type:device_code`
             * @example urn:ietf:params:oauth:grant-type:device_code
             */
            grant_type: string;
        };
        /** @description A malformed scope, or a malformed action of a scope. */
        Dropped: {
            /**
             * @description The fault, and the correct text if it is known.
             * @example actions are lower case: write `pull`
             */
            reason: string;
            /**
             * @description The scope, cut at 160 characters. For a malformed action, the scope with that action alone.
             * @example repository:team/app:Pull
             */
            text: string;
        };
        /**
         * @description The effect of a rule on the actions that it lists.
         * @enum {string}
         */
        Effect: "allow" | "deny";
        /** @description The state of the database of events. */
        EventStatus: {
            /**
             * Format: int64
             * @description The size of the database, bytes.
             */
            bytes: number;
            /** @description The crawls of registries. */
            crawls: components["schemas"]["Crawled"][];
            /** @description `sqlite` or `postgresql`. */
            kind: string;
            /** @description The services whose registries report. */
            services: components["schemas"]["ServiceEvents"][];
        };
        Explanation: {
            /** @description The requested action. */
            action: components["schemas"]["Action"];
            /** @description The rules that allow the action, by name. They count only if no rule denies the action. */
            allowed_by: components["schemas"]["RuleName"][];
            /**
             * @description The closest enabled rules, at most twenty, each with the fields that do not match. Leaves out rules with more than
             *     three such fields, not counting the actions. For a granted action, only rules about the subject.
             */
            considered: components["schemas"]["Considered"][];
            /** @description The matching rules of the deciding priority, at most five. Present if the action is not granted. */
            decided_by: components["schemas"]["RuleName"][];
            denied_by: components["schemas"]["RuleName"] | null;
            /** @description True if the action is granted. */
            granted: boolean;
            /**
             * @description The hidden rules: rules of the next lower priority that would allow the action, at most five. Present if
             *     the action is not granted.
             */
            hidden: components["schemas"]["RuleName"][];
            /** @description The name of the resource. */
            name: components["schemas"]["ResourceName"];
            /**
             * @description The near misses, at most five: rules that would allow the action if one field matched. Present if no rule
             *     allows or denies the action.
             */
            near_misses: components["schemas"]["NearMiss"][];
            nothing_matches: components["schemas"]["RuleField"] | null;
            /**
             * Format: int32
             * @description The priority that decides: the highest priority of the matching rules. `null` if no rule matches.
             */
            priority: number | null;
            /** @description True if the rules allow the action and the restriction of the access key does not. */
            restricted: boolean;
            /** @description The type of the resource. */
            type: components["schemas"]["ResourceType"];
        };
        /** @description The position of a server in the change feed. */
        FeedStatus: {
            /**
             * Format: double
             * @description The time since the server last saw the end of the feed, seconds.
             */
            age_seconds: number;
            /**
             * Format: int64
             * @description The number of the last change in force on this server.
             */
            seq: number;
        };
        /** @description One field of a changed object. */
        FieldChange: {
            /** @description The value after the change; for a member that joins a group, the member. */
            after: unknown;
            /** @description The value before the change; for a member that leaves a group, the member. */
            before: unknown;
            /** @description The name of the field; for a member of a group, `members`. */
            field: string;
        };
        /** @description The error of one field. */
        FieldProblem: {
            /** @description The name of the field. An entry of a list is written `names[2]`. */
            field: string;
            /** @description The error, for people. */
            message: string;
        };
        /** @description A group as the API shows it. */
        Group: {
            /** @description A text for people. */
            description: string;
            /** @description The owner of the object, for declarative tools. */
            managed_by: string | null;
            /** @description The users and robots in the group, sorted by name. */
            members: components["schemas"]["SubjectRef"][];
            /** @description The name of the group. */
            name: components["schemas"]["GroupName"];
        };
        /** @description A mapping from a value of the groups claim to a group on this server. */
        GroupMapping: {
            /** @description The name of the group. */
            group: components["schemas"]["GroupName"];
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            value: string;
        };
        /**
         * @description the name of a group
         * @example web
         */
        GroupName: string;
        /**
         * @description the fields to change; null returns one to its default
         * @example {
         *       "description": "the web team",
         *       "members": [
         *         "user:admin"
         *       ]
         *     }
         */
        GroupPatch: {
            description?: string | null;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            members?: components["schemas"]["SubjectRef"][] | null;
            /** @description The name of the group. */
            readonly name?: components["schemas"]["GroupName"];
        };
        /**
         * @description The fields of a group that may be written.
         * @example {
         *       "description": "the web team",
         *       "members": [
         *         "user:admin"
         *       ]
         *     }
         */
        GroupPut: {
            /**
             * @description a text for people, at most 1,024 bytes
             * @default
             */
            description: string;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The users and robots in the group, which must exist. */
            members?: components["schemas"]["SubjectRef"][];
            /** @description The name of the group. */
            readonly name?: components["schemas"]["GroupName"];
        };
        /** @description A service, rule or group about which nothing can be suggested yet, or a remark about all suggestions. */
        HeldBack: {
            /** @description The name of the group; null if the reason concerns anything else. */
            group: string | null;
            /** @description The reason why nothing can be suggested yet. */
            reason: string;
            /** @description The name of the rule; null if the reason concerns anything else. */
            rule: string | null;
            /** @description The name of the service; null if the reason concerns a rule, a group or all suggestions. */
            service: string | null;
        };
        /** @description The entries of the answer: selectors, or subjects with `expand`. */
        Holders: components["schemas"]["List_Holder"] | components["schemas"]["List_SubjectHolder"];
        /** @description The provider that vouches for a user. */
        Identity: {
            /** @description True if this server can ask the provider about the person without a new sign-in. */
            checkable: boolean;
            /**
             * @description The time at which the provider last confirmed or refused the person. Until the first check after a link, the time of
             *     the link.
             */
            checked_at: components["schemas"]["Timestamp"];
            /** @description The permanent id of the person at the provider. */
            external_id: string;
            /** @description The name of the person at the provider. */
            external_name: string;
            /** @description The issuer of the provider when the provider last vouched for the user. */
            issuer: string;
            /** @description The name of the identity provider. */
            provider: components["schemas"]["ProviderName"];
            /**
             * @description The time at which the person last signed in at the provider. Until the first sign-in after a link, the time of
             *     the link.
             */
            signed_in_at: components["schemas"]["Timestamp"];
            /** @description `active`, or `refused` when the provider said that the person may not sign in any more. */
            state: string;
            /** @description The name of the user. */
            user: components["schemas"]["SubjectName"];
            /** @description The time until which the provider's last answer is valid. */
            valid_until: components["schemas"]["Timestamp"];
        };
        /** @description The writable fields of an identity provider, except its secret. */
        IdentityProvider: {
            admin_groups: string[];
            /** @description True if all values that are not in `map` become groups called `PROVIDER.VALUE`. */
            automatic: boolean;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            ca_file: string | null;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            client_id: string;
            /**
             * @description True if the first sign-in of an unknown person creates a user.
             * @default true
             */
            create_users: boolean;
            /**
             * @description True if people may sign in with the provider. While it is false, people of the provider are not checked
             *     either.
             * @default true
             */
            enabled: boolean;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            groups_claim: string | null;
            /** @description True if the provider has a secret. */
            has_secret: boolean;
            /**
             * Format: int64
             * @description The time for which the provider's last answer is valid while the provider does not respond, seconds.
             * @default 86400
             */
            hold: number;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            issuer: string;
            /**
             * @description the protocol of an identity provider
             * @default oidc
             * @example oidc
             * @enum {string}
             */
            kind: "oidc";
            /** @description the labels that claims set: a map from the key of a label to the name of a claim */
            labels: {
                [key: string]: string;
            };
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by: string | null;
            /** @description The mappings from values of the groups claim to groups on this server. */
            map: components["schemas"]["GroupMapping"][];
            /**
             * Format: int64
             * @description The time for which a sign-in is valid if it cannot be checked again, seconds.
             * @default 43200
             */
            max_age: number;
            /**
             * @description the name of an identity provider
             * @example corp
             */
            name: string;
            /**
             * @description The claim with the name of a new user.
             * @default preferred_username
             */
            name_claim: string;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            name_strip: string | null;
            /**
             * @description The template of a new user's name; `{name}` stands for the person's name without the suffix.
             * @default {name}
             */
            name_template: string;
            /**
             * Format: int64
             * @description The position on the sign-in page; the lowest comes first.
             */
            position: number;
            /**
             * Format: int64
             * @description The time between two checks of a person, seconds.
             * @default 3600
             */
            recheck: number;
            /** @description The URI to register at the provider. */
            redirect_uri: string;
            require_groups: string[];
            scopes: string[];
            /** @description The state of a provider. */
            status: {
                /**
                 * Format: int64
                 * @description The number of users that the server must ask the provider about now.
                 */
                due: number;
                /** @description True if nobody is cut off, because very many people disappeared at once. */
                held: boolean;
                /** @description The fault of the last answer, or the reason why there was no answer; null after a good answer. */
                last_error?: string | null;
                /**
                 * Format: int64
                 * @description The number of users that the provider vouches for.
                 */
                people: number;
                /** @description True if the provider answered when this server last asked it; null if the server has not asked since its start. */
                reachable?: boolean | null;
            };
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            title: string | null;
            warnings: {
                /**
                 * @description The cause of the warning, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description The cause of the warning, and the remedy. */
                message: string;
            }[];
        };
        /**
         * @description the fields to change; null returns one to its default
         * @example {
         *       "client_id": "portreeve",
         *       "enabled": false,
         *       "issuer": "https://id.example.org",
         *       "kind": "oidc"
         *     }
         */
        IdentityProviderPatch: {
            admin_groups?: string[] | null;
            automatic?: boolean | null;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            ca_file?: string | null;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            client_id?: string;
            /** @description The client secret, or its file. If absent, the secret stays. Null removes it. */
            client_secret?: string | {
                file: string;
            } | null;
            create_users?: boolean | null;
            enabled?: boolean | null;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            groups_claim?: string | null;
            /** @description True if the provider has a secret. */
            readonly has_secret?: boolean;
            hold?: number | null;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            issuer?: string;
            kind?: "oidc" | null;
            labels?: {
                [key: string]: string;
            } | null;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            map?: components["schemas"]["GroupMapping"][] | null;
            max_age?: number | null;
            /**
             * @description the name of an identity provider
             * @example corp
             */
            readonly name?: string;
            name_claim?: string | null;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            name_strip?: string | null;
            name_template?: string | null;
            position?: number | null;
            recheck?: number | null;
            /** @description The URI to register at the provider. */
            readonly redirect_uri?: string;
            require_groups?: string[] | null;
            scopes?: string[] | null;
            /** @description The state of a provider. */
            readonly status?: {
                /**
                 * Format: int64
                 * @description The number of users that the server must ask the provider about now.
                 */
                due: number;
                /** @description True if nobody is cut off, because very many people disappeared at once. */
                held: boolean;
                /** @description The fault of the last answer, or the reason why there was no answer; null after a good answer. */
                last_error?: string | null;
                /**
                 * Format: int64
                 * @description The number of users that the provider vouches for.
                 */
                people: number;
                /** @description True if the provider answered when this server last asked it; null if the server has not asked since its start. */
                reachable?: boolean | null;
            };
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            title?: string | null;
            readonly warnings?: {
                /**
                 * @description The cause of the warning, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description The cause of the warning, and the remedy. */
                message: string;
            }[];
        };
        /**
         * @description The writable fields of an identity provider, except its secret.
         * @example {
         *       "client_id": "portreeve",
         *       "enabled": false,
         *       "issuer": "https://id.example.org",
         *       "kind": "oidc"
         *     }
         */
        IdentityProviderPut: {
            admin_groups?: string[];
            /** @description True if all values that are not in `map` become groups called `PROVIDER.VALUE`. */
            automatic?: boolean;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            ca_file?: string | null;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            client_id: string;
            /** @description The client secret, or its file. If absent, the secret stays. Null removes it. */
            client_secret?: string | {
                file: string;
            } | null;
            /**
             * @description True if the first sign-in of an unknown person creates a user.
             * @default true
             */
            create_users: boolean;
            /**
             * @description True if people may sign in with the provider. While it is false, people of the provider are not checked
             *     either.
             * @default true
             */
            enabled: boolean;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            groups_claim?: string | null;
            /** @description True if the provider has a secret. */
            readonly has_secret?: boolean;
            /**
             * Format: int64
             * @description The time for which the provider's last answer is valid while the provider does not respond, seconds.
             * @default 86400
             */
            hold: number;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            issuer: string;
            /**
             * @description the protocol of an identity provider
             * @default oidc
             * @example oidc
             * @enum {string}
             */
            kind: "oidc";
            /** @description the labels that claims set: a map from the key of a label to the name of a claim */
            labels?: {
                [key: string]: string;
            };
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The mappings from values of the groups claim to groups on this server. */
            map?: components["schemas"]["GroupMapping"][];
            /**
             * Format: int64
             * @description The time for which a sign-in is valid if it cannot be checked again, seconds.
             * @default 43200
             */
            max_age: number;
            /**
             * @description the name of an identity provider
             * @example corp
             */
            readonly name?: string;
            /**
             * @description The claim with the name of a new user.
             * @default preferred_username
             */
            name_claim: string;
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            name_strip?: string | null;
            /**
             * @description The template of a new user's name; `{name}` stands for the person's name without the suffix.
             * @default {name}
             */
            name_template: string;
            /**
             * Format: int64
             * @description The position on the sign-in page; the lowest comes first.
             */
            position?: number;
            /**
             * Format: int64
             * @description The time between two checks of a person, seconds.
             * @default 3600
             */
            recheck: number;
            /** @description The URI to register at the provider. */
            readonly redirect_uri?: string;
            require_groups?: string[];
            scopes?: string[];
            /** @description The state of a provider. */
            readonly status?: {
                /**
                 * Format: int64
                 * @description The number of users that the server must ask the provider about now.
                 */
                due: number;
                /** @description True if nobody is cut off, because very many people disappeared at once. */
                held: boolean;
                /** @description The fault of the last answer, or the reason why there was no answer; null after a good answer. */
                last_error?: string | null;
                /**
                 * Format: int64
                 * @description The number of users that the provider vouches for.
                 */
                people: number;
                /** @description True if the provider answered when this server last asked it; null if the server has not asked since its start. */
                reachable?: boolean | null;
            };
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            title?: string | null;
            readonly warnings?: {
                /**
                 * @description The cause of the warning, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description The cause of the warning, and the remedy. */
                message: string;
            }[];
        };
        /** @description The result of a test. */
        IdentityProviderTest: {
            /** @description True if all steps succeeded. */
            ok: boolean;
            person: components["schemas"]["IdentityProviderTestPerson"] | null;
            /** @description The steps, in order. */
            steps: components["schemas"]["IdentityProviderTestStep"][];
        };
        /** @description The input of a test. */
        IdentityProviderTestFields: {
            /** @description Claims as the provider would send them. The answer shows the account that they would give a person. */
            claims?: Record<string, never> | null;
            user?: components["schemas"]["SubjectName"] | null;
        };
        /** @description The account that a person would get. */
        IdentityProviderTestPerson: {
            /** @description True if the person would be an administrator. */
            admin: boolean;
            /** @description The provider's permanent id of the person. */
            external_id: string;
            /** @description The person's groups on this server. */
            groups: components["schemas"]["GroupName"][];
            /** @description The labels of the person. */
            labels: {
                [key: string]: string[];
            };
            /** @description The name of the user. */
            name: string;
            /** @description The names of rules about the person: the first 100. */
            rules: string[];
        };
        /** @description One step of a test. */
        IdentityProviderTestStep: {
            /** @description True if the step succeeded. */
            ok: boolean;
            /** @description The name of the step. */
            step: string;
            /** @description The result of the step, and the advice. */
            text: string;
        };
        /** @description The identity of a user at a provider. */
        IdentityPut: {
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            external_id: string;
            /** @description The name of the identity provider. */
            provider: components["schemas"]["ProviderName"];
        };
        /** @description A new invitation. Only this answer shows the link. */
        Invitation: {
            /** @description The time at which the invitation ends. */
            expires_at: components["schemas"]["Timestamp"];
            /**
             * @description The URL of the page on which the user sets the first password. It can be used once.
             * @example https://auth.example.org/signin/invite/ptr_i_…
             */
            url: string;
        };
        /**
         * @description the form of a token's `kid`
         * @example libtrust
         * @enum {string}
         */
        KeyIdForm: "libtrust" | "thumbprint";
        /**
         * @description the way in which an access key was made
         * @example api
         * @enum {string}
         */
        KeyOrigin: "api" | "browser" | "device";
        /**
         * @description attributes that rules may use: at most 64 keys, each with at most 256 values of at most 255 bytes
         * @example {
         *       "team": [
         *         "web"
         *       ]
         *     }
         */
        Labels: {
            [key: string]: string[];
        };
        /**
         * @description labels to set; null removes one
         * @example {
         *       "team": [
         *         "web"
         *       ]
         *     }
         */
        LabelsPatch: {
            [key: string]: string[] | null;
        };
        /**
         * @description The last sign-ins of a user or robot. Deleted sessions and keys do not count. The server does not note the use of
         *     a password by a client that keeps no session.
         */
        LastSignIn: {
            access_key: components["schemas"]["Timestamp"] | null;
            browser: components["schemas"]["Timestamp"] | null;
            client: components["schemas"]["Timestamp"] | null;
        };
        /** @description The account of a user at an identity provider. It stays the same until the user is unlinked. */
        LinkedIdentity: {
            /**
             * @description a text of at most 255 bytes, without control characters
             * @example a
             */
            external_id: string;
            /** @description The name of the identity provider. */
            provider: components["schemas"]["ProviderName"];
        };
        /** @description A page of a list. */
        List_AccessKey: {
            /** @description The entries. */
            items: {
                /** @description The time of creation. */
                created_at: components["schemas"]["Timestamp"];
                expires_at?: components["schemas"]["Timestamp"] | null;
                /**
                 * Format: uuid
                 * @description a public id
                 * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
                 */
                id: string;
                /** @description The client's address at the last use; null if it is not known. */
                last_address?: string | null;
                last_used_at?: components["schemas"]["Timestamp"] | null;
                /** @description A name by which people recognise the key. */
                name: string;
                /**
                 * @description The origin of the key: `api`, `browser` (the page of one's own keys) or `device` (a device that the owner
                 *     approved).
                 */
                origin: components["schemas"]["KeyOrigin"];
                /** @description the restriction of the key; null for none */
                scopes?: string[] | null;
                /** @description The owner of the key. */
                subject: components["schemas"]["SubjectRef"];
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Activity: {
            /** @description The entries. */
            items: {
                /**
                 * @description the action that an event reports
                 * @example pull
                 * @enum {string}
                 */
                action: "pull" | "check" | "push" | "mount" | "delete";
                /** @description The client's address, or the network of that address; null when it is not reported or no longer kept. */
                address?: string | null;
                /** @description The client's program, as the client reports it; null when it is not reported or no longer kept. */
                agent?: string | null;
                /** @description The time of the event. */
                at: components["schemas"]["Timestamp"];
                /** @description The digest of the manifest or layer; null when the registry did not report it. */
                digest?: string | null;
                /** @description The name of the repository. */
                repository: components["schemas"]["ResourceName"];
                /** @description The service of the registry. */
                service: components["schemas"]["ServiceName"];
                /** @description The name of the user or robot, `anonymous`, or the pseudonym of a deleted user. */
                subject: string;
                /** @description The name of the tag; null when the registry did not report it. */
                tag?: string | null;
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_ChangeRecord: {
            /** @description The entries. */
            items: {
                /**
                 * @description The kind of change: `create`, `update`, `delete`, `revoke`, `add-member`, `remove-member`; for signing keys
                 *     also `rotate`; for the whole database `backup`, `restore`, `copy`.
                 */
                action: string;
                /** @description The actor: `user:NAME`, `robot:NAME`, `system` or `anonymous`. */
                actor: string;
                /** @description The client's address, if it is known. */
                address?: string | null;
                /**
                 * @description The full state after the change; null for a deleted or revoked object and a removed member. For an added member,
                 *     only the member.
                 */
                after?: Record<string, never> | null;
                /** @description The time of the change. */
                at: components["schemas"]["Timestamp"];
                /**
                 * @description The full state before the change; null for a new object, an added member and actions on the database. For a
                 *     removed member, only the member.
                 */
                before?: Record<string, never> | null;
                /** @description The hash of this record: SHA-256 of its canonical text, in hex. */
                hash: string;
                /**
                 * @description The kind of object: `user`, `robot`, `group`, `service`, `rule`, `access-key`, `refresh-token`,
                 *     `identity-provider`, `identity`, `invitation`, `signing-key`, `database`.
                 */
                kind: string;
                /** @description The name or id of the object. */
                name: string;
                /** @description The hash of the previous record; empty for the first record. */
                prev_hash: string;
                /** @description The id of the request, or the name of the task or command that made the change, such as `purge`. */
                request_id: string;
                /**
                 * Format: int64
                 * @description The number of the record in the trail, counted from 1 without gaps.
                 */
                seq: number;
                /** @description The id of the transaction that made the change. */
                tx: string;
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Group: {
            /** @description The entries. */
            items: {
                /** @description A text for people. */
                description: string;
                /** @description The owner of the object, for declarative tools. */
                managed_by?: string | null;
                /** @description The users and robots in the group, sorted by name. */
                members: components["schemas"]["SubjectRef"][];
                /** @description The name of the group. */
                name: components["schemas"]["GroupName"];
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Holder: {
            /** @description The entries. */
            items: {
                /** @description The condition under which the subjects of the selector may do the action; `null` if there is none. */
                condition?: string | null;
                /** @description The rule that allows the action. */
                rule: components["schemas"]["RuleName"];
                /** @description The selector that the rule names. */
                selector: components["schemas"]["Selector"];
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_IdentityProvider: {
            /** @description The entries. */
            items: {
                admin_groups?: string[];
                /** @description True if all values that are not in `map` become groups called `PROVIDER.VALUE`. */
                automatic?: boolean;
                /**
                 * @description a text of at most 255 bytes, without control characters
                 * @example a
                 */
                ca_file?: string | null;
                /**
                 * @description a text of at most 255 bytes, without control characters
                 * @example a
                 */
                client_id: string;
                /**
                 * @description True if the first sign-in of an unknown person creates a user.
                 * @default true
                 */
                create_users: boolean;
                /**
                 * @description True if people may sign in with the provider. While it is false, people of the provider are not checked
                 *     either.
                 * @default true
                 */
                enabled: boolean;
                /**
                 * @description a text of at most 255 bytes, without control characters
                 * @example a
                 */
                groups_claim?: string | null;
                /** @description True if the provider has a secret. */
                has_secret?: boolean;
                /**
                 * Format: int64
                 * @description The time for which the provider's last answer is valid while the provider does not respond, seconds.
                 * @default 86400
                 */
                hold: number;
                /**
                 * @description a text of at most 255 bytes, without control characters
                 * @example a
                 */
                issuer: string;
                /**
                 * @description the protocol of an identity provider
                 * @default oidc
                 * @example oidc
                 * @enum {string}
                 */
                kind: "oidc";
                /** @description the labels that claims set: a map from the key of a label to the name of a claim */
                labels?: {
                    [key: string]: string;
                };
                /** @description the owner of the object, for declarative tools; at most 255 bytes */
                managed_by?: string | null;
                /** @description The mappings from values of the groups claim to groups on this server. */
                map?: components["schemas"]["GroupMapping"][];
                /**
                 * Format: int64
                 * @description The time for which a sign-in is valid if it cannot be checked again, seconds.
                 * @default 43200
                 */
                max_age: number;
                /**
                 * @description the name of an identity provider
                 * @example corp
                 */
                name?: string;
                /**
                 * @description The claim with the name of a new user.
                 * @default preferred_username
                 */
                name_claim: string;
                /**
                 * @description a text of at most 255 bytes, without control characters
                 * @example a
                 */
                name_strip?: string | null;
                /**
                 * @description The template of a new user's name; `{name}` stands for the person's name without the suffix.
                 * @default {name}
                 */
                name_template: string;
                /**
                 * Format: int64
                 * @description The position on the sign-in page; the lowest comes first.
                 */
                position?: number;
                /**
                 * Format: int64
                 * @description The time between two checks of a person, seconds.
                 * @default 3600
                 */
                recheck: number;
                /** @description The URI to register at the provider. */
                redirect_uri?: string;
                require_groups?: string[];
                scopes?: string[];
                /** @description The state of a provider. */
                status?: {
                    /**
                     * Format: int64
                     * @description The number of users that the server must ask the provider about now.
                     */
                    due: number;
                    /** @description True if nobody is cut off, because very many people disappeared at once. */
                    held: boolean;
                    /** @description The fault of the last answer, or the reason why there was no answer; null after a good answer. */
                    last_error?: string | null;
                    /**
                     * Format: int64
                     * @description The number of users that the provider vouches for.
                     */
                    people: number;
                    /** @description True if the provider answered when this server last asked it; null if the server has not asked since its start. */
                    reachable?: boolean | null;
                };
                /**
                 * @description a text of at most 255 bytes, without control characters
                 * @example a
                 */
                title?: string | null;
                warnings?: {
                    /**
                     * @description The cause of the warning, in one word for programs.
                     * @example certificate-ends
                     */
                    code: string;
                    /** @description The cause of the warning, and the remedy. */
                    message: string;
                }[];
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_OpenInvitation: {
            /** @description The entries. */
            items: {
                /** @description The time at which the invitation was made. */
                created_at: components["schemas"]["Timestamp"];
                /** @description The time at which the invitation ends. */
                expires_at: components["schemas"]["Timestamp"];
                /** @description The invited user. */
                user: components["schemas"]["SubjectName"];
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Pull: {
            /** @description The entries. */
            items: {
                /**
                 * @description the action that an event reports
                 * @example pull
                 * @enum {string}
                 */
                action: "pull" | "check" | "push" | "mount" | "delete";
                /**
                 * Format: int64
                 * @description The number of pulls since the server began to count.
                 */
                count: number;
                /** @description The digest of the manifest. */
                digest: string;
                /** @description The time of the first pull. */
                first_at: components["schemas"]["Timestamp"];
                /** @description The time of the last pull. */
                last_at: components["schemas"]["Timestamp"];
                /** @description The name of the repository. */
                repository: components["schemas"]["ResourceName"];
                /** @description The service of the registry. */
                service: components["schemas"]["ServiceName"];
                /** @description The name of the user or robot, `anonymous`, or the pseudonym of a deleted user. */
                subject: string;
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_RefreshToken: {
            /** @description The entries. */
            items: {
                /** @description The name that the client gave itself. */
                client_id: string;
                /** @description The time of creation. */
                created_at: components["schemas"]["Timestamp"];
                /** @description The latest end of the token. The token ends earlier if it is not used. */
                expires_at: components["schemas"]["Timestamp"];
                /**
                 * Format: uuid
                 * @description a public id
                 * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
                 */
                id: string;
                /** @description The client's address at the last use; null if it is not known. */
                last_address?: string | null;
                /** @description The time of the last use, to the minute. */
                last_used_at: components["schemas"]["Timestamp"];
                /** @description The only service that the token is for. */
                service: components["schemas"]["ServiceName"];
                /** @description The owner of the refresh token. */
                subject: components["schemas"]["SubjectRef"];
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Repository: {
            /** @description The entries. */
            items: {
                /** @description The description of the repository. */
                description: string;
                last_pull_at?: components["schemas"]["Timestamp"] | null;
                last_push_at?: components["schemas"]["Timestamp"] | null;
                /** @description The name of the repository. */
                name: components["schemas"]["ResourceName"];
                /** @description The service of the registry. */
                service: components["schemas"]["ServiceName"];
                /**
                 * Format: int64
                 * @description The number of tags in the repository.
                 */
                tags: number;
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Robot: {
            /** @description The entries. */
            items: {
                /** @description True if the robot may do everything in the administration API. */
                admin: boolean;
                /** @description A text for people. */
                description: string;
                /** @description True if the robot cannot sign in. */
                disabled: boolean;
                expires_at?: components["schemas"]["Timestamp"] | null;
                /** @description The groups that the robot belongs to. */
                groups: components["schemas"]["GroupName"][];
                /** @description Attributes that rules may use. */
                labels: components["schemas"]["Labels"];
                /** @description The owner of the object, for declarative tools. */
                managed_by?: string | null;
                /** @description The name of the robot. */
                name: components["schemas"]["SubjectName"];
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Rule: {
            /** @description The entries. */
            items: {
                /**
                 * @description The actions of the rule, or `*` for every action.
                 * @default []
                 */
                actions: components["schemas"]["Action"][];
                /**
                 * @description a text for people, at most 1,024 bytes
                 * @default
                 */
                description: string;
                /**
                 * @description The effect of the rule: `allow` or `deny`.
                 * @default allow
                 */
                effect: components["schemas"]["Effect"];
                /**
                 * @description True if the rule is enabled. A disabled rule has no effect.
                 * @default true
                 */
                enabled: boolean;
                /** @description the owner of the object, for declarative tools; at most 255 bytes */
                managed_by?: string | null;
                /**
                 * @description The name of the rule.
                 * @default
                 */
                name: components["schemas"]["RuleName"];
                /**
                 * @description The name globs of the rule.
                 * @default []
                 */
                names: components["schemas"]["NameGlob"][];
                /** @description the networks of clients; empty for all addresses */
                networks?: string[];
                /** @default null */
                not_after: components["schemas"]["Timestamp"] | null;
                /** @default null */
                not_before: components["schemas"]["Timestamp"] | null;
                /**
                 * Format: int32
                 * @description The priority of the rule. Of the matching rules, only those of the highest priority decide.
                 * @default 0
                 */
                priority: number;
                /**
                 * @description The service globs of the rule.
                 * @default [
                 *       "*"
                 *     ]
                 */
                services: components["schemas"]["ServiceGlob"][];
                /**
                 * @description The subjects that the rule is about; empty only in a disabled rule.
                 * @default []
                 */
                subjects: components["schemas"]["Selector"][];
                /**
                 * @description The resource type of the rule, or `*` for all types.
                 * @default repository
                 */
                type: components["schemas"]["TypePattern"];
                warnings?: null | {
                    /**
                     * @description The cause of the warning, in one word for programs.
                     * @example certificate-ends
                     */
                    code: string;
                    /** @description The cause of the warning, and the remedy. */
                    message: string;
                }[];
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Service: {
            /** @description The entries. */
            items: {
                crawl?: components["schemas"]["Crawl"] | null;
                /** @description True if the events that the service's registry reports are recorded. */
                events: boolean;
                key_id?: components["schemas"]["KeyIdForm"] | null;
                /** @description The owner of the object, for declarative tools. */
                managed_by?: string | null;
                /** @description The name of the service: the audience of its tokens. */
                name: components["schemas"]["ServiceName"];
                /** @description True if people who sign in with a password get refresh tokens for the service. */
                offline_tokens: boolean;
                /** @description True if `grant_type=password` accepts passwords. It always accepts access keys. */
                password_grant: boolean;
                /** @description The kind of registry that verifies the service's tokens. */
                profile: components["schemas"]["Profile"];
                /** @description True if `push` is read as `pull,push`; null: the profile decides. */
                push_includes_pull?: boolean | null;
                /** @description True if `docker search` and the catalogue are served. Each caller gets the repositories that it may pull. */
                search: boolean;
                /** @description The time for which the service's tokens are valid, seconds. */
                token_ttl: components["schemas"]["Ttl"];
                trust?: components["schemas"]["Trust"] | null;
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_SubjectHolder: {
            /** @description The entries. */
            items: {
                /** @description The rule that grants the right. */
                rule: components["schemas"]["RuleName"];
                /**
                 * @description a user, a robot, or `anonymous`
                 * @example user:admin
                 */
                subject: string;
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_SubjectRef: {
            /** @description The entries. */
            items: string[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Usage: {
            /** @description The entries. */
            items: {
                /**
                 * @description the action that an event reports
                 * @example pull
                 * @enum {string}
                 */
                action: "pull" | "check" | "push" | "mount" | "delete";
                /**
                 * Format: int64
                 * @description The number of these uses.
                 */
                count: number;
                /** @description The time of the first use in the period, as far as the server still keeps single days. */
                first_at: components["schemas"]["Timestamp"];
                /** @description The time of the last use in the period, as far as the server still keeps single days. */
                last_at: components["schemas"]["Timestamp"];
                /** @description The name of the repository. */
                repository: components["schemas"]["ResourceName"];
                /** @description The service of the registry. */
                service: components["schemas"]["ServiceName"];
                /** @description The name of the user or robot, `anonymous`, or the pseudonym of a deleted user. */
                subject: string;
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_User: {
            /** @description The entries. */
            items: {
                /** @description True if the user may do everything in the administration API. */
                admin: boolean;
                /** @description The time of creation. */
                created_at: components["schemas"]["Timestamp"];
                /** @description True if the user cannot sign in. */
                disabled: boolean;
                /** @description The groups the user belongs to. */
                groups: components["schemas"]["GroupName"][];
                /** @description True if the user has a password. */
                has_password: boolean;
                identity?: components["schemas"]["LinkedIdentity"] | null;
                /** @description Attributes that rules may use. */
                labels: components["schemas"]["Labels"];
                /** @description The owner of the object, for declarative tools. */
                managed_by?: string | null;
                /** @description The name to sign in with. */
                name: components["schemas"]["SubjectName"];
                /** @description The time of the last change. */
                updated_at: components["schemas"]["Timestamp"];
            }[];
            /** @description The value of `after` for the next page; `null` on the last page. */
            next: string | null;
            /**
             * Format: int64
             * @description The number of entries in the whole list, with `?total=true`.
             */
            total?: number;
        };
        /** @description A manifest of a repository: an image, an index, or a part of an index. */
        Manifest: {
            /** @description The digest of the manifest. */
            digest: string;
            last_pull_at: components["schemas"]["Timestamp"] | null;
            /** @description The media type of the manifest; null when it is not known. */
            media_type: string | null;
            pushed_at: components["schemas"]["Timestamp"] | null;
            /** @description The user or robot of the last push; null when the name is not known or the client was anonymous. */
            pushed_by: string | null;
            /**
             * Format: int64
             * @description The size of the manifest itself, bytes; null when it is not known.
             */
            size: number | null;
            /** @description True if a tag names the manifest. */
            tagged: boolean;
        };
        /**
         * @description a pattern over names, segment by segment: `*`, `?`, `**` as a whole segment, `${subject}`, `${group}`, `${label:KEY}`; at most 512 bytes, and at most two different placeholders may occur more than once
         * @example web/**
         */
        NameGlob: string;
        /** @description A rule that would have granted the action if one field matched. */
        NearMiss: {
            /** @description The only field of the rule that does not match. */
            failed: components["schemas"]["RuleField"];
            /** @description The name of the rule. */
            rule: components["schemas"]["RuleName"];
        };
        /**
         * @description The fields of a new key.
         * @example {
         *       "name": "ci",
         *       "scopes": [
         *         "repository:web/**:pull"
         *       ]
         *     }
         */
        NewAccessKey: {
            expires_at?: components["schemas"]["Timestamp"] | null;
            /**
             * @description the name of the key, for people; at most 255 bytes
             * @example ci
             */
            name: string;
            /** @description the restriction of the key; null for none */
            scopes?: string[] | null;
        };
        /** @description The number of objects of each kind. */
        ObjectCounts: {
            /**
             * Format: int64
             * @description The number of access keys.
             */
            access_keys: number;
            /**
             * Format: int64
             * @description The number of groups.
             */
            groups: number;
            /**
             * Format: int64
             * @description The number of refresh tokens.
             */
            refresh_tokens: number;
            /**
             * Format: int64
             * @description The number of robots.
             */
            robots: number;
            /**
             * Format: int64
             * @description The number of rules.
             */
            rules: number;
            /**
             * Format: int64
             * @description The number of services.
             */
            services: number;
            /**
             * Format: int64
             * @description The number of users.
             */
            users: number;
        };
        /** @description An invitation that can still be used, as the API lists it: without its link. */
        OpenInvitation: {
            /** @description The time at which the invitation was made. */
            created_at: components["schemas"]["Timestamp"];
            /** @description The time at which the invitation ends. */
            expires_at: components["schemas"]["Timestamp"];
            /** @description The invited user. */
            user: components["schemas"]["SubjectName"];
        };
        /** @description The browser session that the caller is signed in with. */
        OwnBrowserSession: {
            /** @description The latest end of the session. It ends earlier if it is not used. */
            expires_at: components["schemas"]["Timestamp"];
            /** @description The time until which the sign-in is recent enough for actions that need a recent sign-in. */
            fresh_until: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description The time without use after which the session ends, seconds.
             */
            idle_seconds: number;
            /** @description The time of the sign-in. */
            signed_in_at: components["schemas"]["Timestamp"];
            /** @description The user who is signed in. */
            subject: components["schemas"]["SubjectRef"];
        };
        /**
         * @description A question of the caller about its own rights.
         * @example {
         *       "scope": "repository:web/site:pull,push",
         *       "service": "registry"
         *     }
         */
        OwnCheck: {
            /**
             * @description The requested scopes: at most 64, with spaces between them.
             * @example repository:web/site:pull,push
             */
            scope: string;
            service?: components["schemas"]["ServiceName"] | null;
        };
        /** @description The registries, and the URL at which their clients get tokens. */
        OwnServices: {
            /** @description The URL at which clients reach the token endpoint; null if this process issues no tokens. */
            realm: string | null;
            /** @description The names of the services, sorted. */
            services: components["schemas"]["ServiceName"][];
        };
        /** @description A change of one's own password. */
        PasswordChange: {
            /**
             * @description The present password.
             * @example the password that held until now
             */
            current_password: string;
            /**
             * Format: password
             * @description a password of at most 1,024 bytes; not the user's name, and not one character repeated
             * @example a perfectly long password
             */
            new_password: string;
        };
        /** @description The answer to an apply or a preview: the changes of objects and of decisions. */
        Plan: {
            /** @description The changed objects: the first 1,000, with at most 8 MiB of values. */
            changes: components["schemas"]["PlannedChange"][];
            /**
             * Format: int64
             * @description The number of changes that `changes` leaves out.
             */
            changes_omitted: number;
            /** @description The decisions that change, the first 1,000. */
            decisions: components["schemas"]["DecisionChange"][];
            /**
             * @description The number of changed decisions, accounts and rules that `decisions` leaves out; 0 means that the list is
             *     complete.
             */
            decisions_omitted: number;
            /** @description True for a dry run or a preview, which writes nothing. */
            dry_run: boolean;
            /** @description The number of objects that were created, changed, deleted and left unchanged. */
            summary: components["schemas"]["Summary"];
            /** @description The warnings about the changed rules. */
            warnings: components["schemas"]["RuleWarning"][];
        };
        /** @description One changed object. */
        PlannedChange: {
            /** @description `create`, `update`, `delete` or `revoke`. */
            action: string;
            /** @description The changed fields. */
            fields: components["schemas"]["FieldChange"][];
            /** @description The kind of the object. */
            kind: string;
            /** @description The name or id of the object. */
            name: string;
        };
        /** @description The access key that the caller presents. */
        PresentedKey: {
            /**
             * Format: uuid
             * @description a public id
             * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
             */
            id: string;
            /** @description the restriction of the key; null for none */
            scopes: string[] | null;
        };
        /** @description The body of a refusal. */
        Problem: {
            /**
             * @description The advice for the console: `sign-in-again` or `signed-out`. For programs that report events: `may_not_report`
             *     or `unknown_service`.
             */
            code?: string | null;
            /** @description The error, and the advice. */
            detail: string;
            /** @description The errors in single fields of the request. */
            errors?: components["schemas"]["FieldProblem"][];
            /** @description The rules that name the object. */
            rules?: string[];
            /**
             * Format: int32
             * @description The status.
             */
            status: number;
            /** @description The meaning of the status. */
            title: string;
            /** @description `urn:portreeve:not-administrator`, or `about:blank` if the status says it all. */
            type: string;
        };
        /**
         * @description the kind of registry that verifies the tokens of a service
         * @example distribution-2
         * @enum {string}
         */
        Profile: "distribution-2" | "distribution-3" | "zot" | "gitlab" | "custom";
        /**
         * @description the name of an identity provider
         * @example corp
         */
        ProviderName: string;
        /** @description The pulls of a manifest by one subject. */
        Pull: {
            /**
             * @description the action that an event reports
             * @example pull
             * @enum {string}
             */
            action: "pull" | "check" | "push" | "mount" | "delete";
            /**
             * Format: int64
             * @description The number of pulls since the server began to count.
             */
            count: number;
            /** @description The digest of the manifest. */
            digest: string;
            /** @description The time of the first pull. */
            first_at: components["schemas"]["Timestamp"];
            /** @description The time of the last pull. */
            last_at: components["schemas"]["Timestamp"];
            /** @description The name of the repository. */
            repository: components["schemas"]["ResourceName"];
            /** @description The service of the registry. */
            service: components["schemas"]["ServiceName"];
            /** @description The name of the user or robot, `anonymous`, or the pseudonym of a deleted user. */
            subject: string;
        };
        /** @description The identity of a user after a check at the provider, and the result of the check. */
        RecheckedIdentity: components["schemas"]["Identity"] & {
            /**
             * @description `confirmed` or `refused`: the provider's answer. `silent`: the provider gave no answer. `unclear`: the
             *     provider's answer about this user was unusable. `held`: the provider refuses very many people at once, so
             *     nobody is cut off. `overtaken`: the user or the provider was changed meanwhile. `elsewhere`: another
             *     check of the user is in progress, or has just ended.
             */
            outcome: string;
            /** @description The reason for `silent` and `unclear`; null for other outcomes. */
            reason?: string | null;
        };
        /** @description A refresh token as the API shows it, without its secret. */
        RefreshToken: {
            /** @description The name that the client gave itself. */
            client_id: string;
            /** @description The time of creation. */
            created_at: components["schemas"]["Timestamp"];
            /** @description The latest end of the token. The token ends earlier if it is not used. */
            expires_at: components["schemas"]["Timestamp"];
            /**
             * Format: uuid
             * @description a public id
             * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
             */
            id: string;
            /** @description The client's address at the last use; null if it is not known. */
            last_address: string | null;
            /** @description The time of the last use, to the minute. */
            last_used_at: components["schemas"]["Timestamp"];
            /** @description The only service that the token is for. */
            service: components["schemas"]["ServiceName"];
            /** @description The owner of the refresh token. */
            subject: components["schemas"]["SubjectRef"];
        };
        /** @description A public file that a registry needs. */
        RegistryFile: {
            /** @description The content of the file. */
            content: string;
            /** @description The path of the file, as the configuration names it. */
            path: string;
        };
        /** @description The set-up of a registry. */
        RegistrySetUp: {
            /** @description The text for the registry's configuration file or environment. */
            configuration: string;
            /** @description The files that the registry needs. */
            files: components["schemas"]["RegistryFile"][];
            /** @description The format of `configuration`: `yaml`, `json` or `env`. */
            format: string;
            /** @description Advice for the administrator of the registry. */
            notes: string[];
            /**
             * @description The text for the registry's configuration file that makes the registry report its events. `ACCESS_KEY` stands
             *     for an access key whose owner has `push` on `registry:events`. Null if the service's events are not recorded,
             *     or if the registry reports in another way.
             */
            notifications: string | null;
            /** @description The kind of registry. */
            profile: components["schemas"]["Profile"];
            /** @description The name of the service. */
            service: components["schemas"]["ServiceName"];
            /** @description The form in which the registry gets the keys that it trusts. */
            trust: components["schemas"]["Trust"];
        };
        /** @description A server that uses the database. */
        ReplicaStatus: {
            /** @description The id of the server's process, chosen at its start. */
            id: string;
            /** @description The time at which the server last reported. */
            seen_at: components["schemas"]["Timestamp"];
            /** @description The version of the server's release. */
            version: string;
        };
        /** @description A repository, as its registry reports it. */
        Repository: {
            /** @description The description of the repository. */
            description: string;
            last_pull_at: components["schemas"]["Timestamp"] | null;
            last_push_at: components["schemas"]["Timestamp"] | null;
            /** @description The name of the repository. */
            name: components["schemas"]["ResourceName"];
            /** @description The service of the registry. */
            service: components["schemas"]["ServiceName"];
            /**
             * Format: int64
             * @description The number of tags in the repository.
             */
            tags: number;
        };
        /** @description A repository with its tags and manifests. */
        RepositoryWithTags: {
            /** @description The description of the repository. */
            description: string;
            last_pull_at: components["schemas"]["Timestamp"] | null;
            last_push_at: components["schemas"]["Timestamp"] | null;
            /** @description A page of the repository's manifests, with or without a tag, sorted by digest. */
            manifests: components["schemas"]["Manifest"][];
            /** @description The name of the repository. */
            name: components["schemas"]["ResourceName"];
            /** @description The `after` of the next page of tags; `null` on the last page. */
            next: string | null;
            /** @description The `after_manifests` of the next page of manifests; `null` on the last page. */
            next_manifests: string | null;
            /** @description The service of the registry. */
            service: components["schemas"]["ServiceName"];
            /** @description A page of the repository's tags, sorted by name. */
            tags: components["schemas"]["Tag"][];
        };
        /**
         * @description the name of a resource
         * @example web/site
         */
        ResourceName: string;
        /**
         * @description a resource type
         * @example repository
         */
        ResourceType: string;
        /** @description The form of `POST /oauth2/revoke`. */
        RevokeForm: {
            /**
             * @description The refresh token.
             * @example unknown
             */
            token: string;
        };
        /** @description A robot as the API shows it and as changes record it. */
        Robot: {
            /** @description True if the robot may do everything in the administration API. */
            admin: boolean;
            /** @description A text for people. */
            description: string;
            /** @description True if the robot cannot sign in. */
            disabled: boolean;
            expires_at: components["schemas"]["Timestamp"] | null;
            /** @description The groups that the robot belongs to. */
            groups: components["schemas"]["GroupName"][];
            /** @description Attributes that rules may use. */
            labels: components["schemas"]["Labels"];
            /** @description The owner of the object, for declarative tools. */
            managed_by: string | null;
            /** @description The name of the robot. */
            name: components["schemas"]["SubjectName"];
        };
        RobotAccount: {
            access_key: components["schemas"]["PresentedKey"] | null;
            /** @description True if the robot may do everything in the administration API. */
            admin: boolean;
            /** @description A text for people. */
            description: string;
            /** @description True if the robot cannot sign in. */
            disabled: boolean;
            expires_at: components["schemas"]["Timestamp"] | null;
            /** @description The groups that the robot belongs to. */
            groups: components["schemas"]["GroupName"][];
            /** @description Attributes that rules may use. */
            labels: components["schemas"]["Labels"];
            /** @description The owner of the object, for declarative tools. */
            managed_by: string | null;
            /** @description The name of the robot. */
            name: components["schemas"]["SubjectName"];
            /** @description The account as rules name it. */
            subject: components["schemas"]["SubjectRef"];
        };
        /**
         * @description the fields to change; null returns one to its default
         * @example {
         *       "description": "builds",
         *       "labels": {
         *         "team": [
         *           "web"
         *         ]
         *       }
         *     }
         */
        RobotPatch: {
            admin?: boolean | null;
            description?: string | null;
            disabled?: boolean | null;
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description The groups that the robot belongs to. */
            readonly groups?: components["schemas"]["GroupName"][];
            labels?: components["schemas"]["LabelsPatch"] | null;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name of the robot. */
            readonly name?: components["schemas"]["SubjectName"];
        };
        /**
         * @description The fields of a robot that may be written.
         * @example {
         *       "description": "builds",
         *       "labels": {
         *         "team": [
         *           "web"
         *         ]
         *       }
         *     }
         */
        RobotPut: {
            /** @description True if the robot may do everything in the administration API. */
            admin?: boolean;
            /**
             * @description a text for people, at most 1,024 bytes
             * @default
             */
            description: string;
            /** @description True if the robot cannot sign in. */
            disabled?: boolean;
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description The groups that the robot belongs to. */
            readonly groups?: components["schemas"]["GroupName"][];
            /** @description Attributes that rules may use. */
            labels?: components["schemas"]["Labels"];
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name of the robot. */
            readonly name?: components["schemas"]["SubjectName"];
        };
        /** @description A rule as the API shows it. */
        Rule: {
            /**
             * @description The actions of the rule, or `*` for every action.
             * @default []
             */
            actions: components["schemas"]["Action"][];
            /**
             * @description a text for people, at most 1,024 bytes
             * @default
             */
            description: string;
            /**
             * @description The effect of the rule: `allow` or `deny`.
             * @default allow
             */
            effect: components["schemas"]["Effect"];
            /**
             * @description True if the rule is enabled. A disabled rule has no effect.
             * @default true
             */
            enabled: boolean;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by: string | null;
            /**
             * @description The name of the rule.
             * @default
             */
            name: components["schemas"]["RuleName"];
            /**
             * @description The name globs of the rule.
             * @default []
             */
            names: components["schemas"]["NameGlob"][];
            /** @description the networks of clients; empty for all addresses */
            networks: string[];
            /** @default null */
            not_after: components["schemas"]["Timestamp"] | null;
            /** @default null */
            not_before: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int32
             * @description The priority of the rule. Of the matching rules, only those of the highest priority decide.
             * @default 0
             */
            priority: number;
            /**
             * @description The service globs of the rule.
             * @default [
             *       "*"
             *     ]
             */
            services: components["schemas"]["ServiceGlob"][];
            /**
             * @description The subjects that the rule is about; empty only in a disabled rule.
             * @default []
             */
            subjects: components["schemas"]["Selector"][];
            /**
             * @description The resource type of the rule, or `*` for all types.
             * @default repository
             */
            type: components["schemas"]["TypePattern"];
            warnings: null | {
                /**
                 * @description The cause of the warning, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description The cause of the warning, and the remedy. */
                message: string;
            }[];
        };
        /**
         * @description The fields of a rule, in the order in which an explanation names them.
         * @enum {string}
         */
        RuleField: "subject" | "service" | "type" | "name" | "action" | "network" | "time" | "tier";
        /**
         * @description the name of a rule
         * @example web-push
         */
        RuleName: string;
        /**
         * @description the fields to change; null returns one to its default
         * @example {
         *       "actions": [
         *         "pull",
         *         "push"
         *       ],
         *       "names": [
         *         "web/**"
         *       ],
         *       "subjects": [
         *         "group:web"
         *       ]
         *     }
         */
        RulePatch: {
            /** @description The actions of the rule, or `*` for every action. */
            actions?: components["schemas"]["Action"][];
            description?: string | null;
            effect?: components["schemas"]["Effect"] | null;
            enabled?: boolean | null;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name of the rule. */
            readonly name?: components["schemas"]["RuleName"];
            /** @description The name globs of the rule. */
            names?: components["schemas"]["NameGlob"][];
            networks?: string[] | null;
            not_after?: components["schemas"]["Timestamp"] | null;
            not_before?: components["schemas"]["Timestamp"] | null;
            priority?: number | null;
            services?: components["schemas"]["ServiceGlob"][] | null;
            /** @description The subjects that the rule is about; empty only in a disabled rule. */
            subjects?: components["schemas"]["Selector"][];
            type?: components["schemas"]["TypePattern"] | null;
            readonly warnings?: null | {
                /**
                 * @description The cause of the warning, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description The cause of the warning, and the remedy. */
                message: string;
            }[];
        };
        /**
         * @description A rule in plain strings. An absent field gets its default value.
         *
         *     The default of `name`, `subjects`, `names` and `actions` is empty. A rule is refused if one of these fields
         *     or `services` is empty, except that a disabled rule may have no subjects.
         * @example {
         *       "actions": [
         *         "pull",
         *         "push"
         *       ],
         *       "names": [
         *         "web/**"
         *       ],
         *       "subjects": [
         *         "group:web"
         *       ]
         *     }
         */
        RulePut: {
            /**
             * @description The actions of the rule, or `*` for every action.
             * @default []
             */
            actions: components["schemas"]["Action"][];
            /**
             * @description a text for people, at most 1,024 bytes
             * @default
             */
            description: string;
            /**
             * @description The effect of the rule: `allow` or `deny`.
             * @default allow
             */
            effect: components["schemas"]["Effect"];
            /**
             * @description True if the rule is enabled. A disabled rule has no effect.
             * @default true
             */
            enabled: boolean;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name of the rule. */
            readonly name?: components["schemas"]["RuleName"];
            /**
             * @description The name globs of the rule.
             * @default []
             */
            names: components["schemas"]["NameGlob"][];
            /** @description the networks of clients; empty for all addresses */
            networks?: string[];
            /** @default null */
            not_after: components["schemas"]["Timestamp"] | null;
            /** @default null */
            not_before: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int32
             * @description The priority of the rule. Of the matching rules, only those of the highest priority decide.
             * @default 0
             */
            priority: number;
            /**
             * @description The service globs of the rule.
             * @default [
             *       "*"
             *     ]
             */
            services: components["schemas"]["ServiceGlob"][];
            /**
             * @description The subjects that the rule is about; empty only in a disabled rule.
             * @default []
             */
            subjects: components["schemas"]["Selector"][];
            /**
             * @description The resource type of the rule, or `*` for all types.
             * @default repository
             */
            type: components["schemas"]["TypePattern"];
            readonly warnings?: null | {
                /**
                 * @description The cause of the warning, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description The cause of the warning, and the remedy. */
                message: string;
            }[];
        };
        /** @description A warning about one rule. */
        RuleWarning: {
            /** @description The kind of warning, for programs. */
            code: string;
            /** @description The warning and the advice, for people. */
            message: string;
            /** @description The name of the rule. */
            rule: components["schemas"]["RuleName"];
        };
        /**
         * @description a selector: the subjects that a rule matches
         * @example group:web
         */
        Selector: string;
        /** @description A service as the API shows it and as changes record it. */
        Service: {
            crawl: components["schemas"]["Crawl"] | null;
            /** @description True if the events that the service's registry reports are recorded. */
            events: boolean;
            key_id: components["schemas"]["KeyIdForm"] | null;
            /** @description The owner of the object, for declarative tools. */
            managed_by: string | null;
            /** @description The name of the service: the audience of its tokens. */
            name: components["schemas"]["ServiceName"];
            /** @description True if people who sign in with a password get refresh tokens for the service. */
            offline_tokens: boolean;
            /** @description True if `grant_type=password` accepts passwords. It always accepts access keys. */
            password_grant: boolean;
            /** @description The kind of registry that verifies the service's tokens. */
            profile: components["schemas"]["Profile"];
            /** @description True if `push` is read as `pull,push`; null: the profile decides. */
            push_includes_pull: boolean | null;
            /** @description True if `docker search` and the catalogue are served. Each caller gets the repositories that it may pull. */
            search: boolean;
            /** @description The time for which the service's tokens are valid, seconds. */
            token_ttl: components["schemas"]["Ttl"];
            trust: components["schemas"]["Trust"] | null;
        };
        /** @description The reports of the registries of a service. */
        ServiceEvents: {
            /**
             * Format: int64
             * @description The number of events.
             */
            events: number;
            /** @description The time at which the last event was received. */
            last_event_at: components["schemas"]["Timestamp"];
            refused_at: components["schemas"]["Timestamp"] | null;
            /** @description The name of the service. */
            service: string;
            /** @description True if the last event is more than an hour old, and tokens were issued since. */
            silent: boolean;
            /**
             * @description The named endpoints (`?sender=NAME`) that reported for at least a day, and then nothing for a day. An endpoint
             *     is listed only if other endpoints of the service report, and if the server has since issued tokens for pulls
             *     and for changes. After a week without a report, an endpoint is no longer listed.
             */
            silent_senders: string[];
            /**
             * Format: int64
             * @description The number of processes that reported events, including processes that have ended.
             */
            sources: number;
        };
        /**
         * @description a pattern over services, at most 512 bytes: `*` matches any text, `?` one character
         * @example *
         */
        ServiceGlob: string;
        /**
         * @description a registry, which is the audience of its tokens: printable ASCII without comma
         * @example registry
         */
        ServiceName: string;
        /**
         * @description the fields to change; null returns one to its default
         * @example {
         *       "token_ttl": 300
         *     }
         */
        ServicePatch: {
            crawl?: components["schemas"]["Crawl"] | null;
            events?: boolean | null;
            key_id?: components["schemas"]["KeyIdForm"] | null;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name of the service: the audience of its tokens. */
            readonly name?: components["schemas"]["ServiceName"];
            offline_tokens?: boolean | null;
            password_grant?: boolean | null;
            profile?: components["schemas"]["Profile"] | null;
            /**
             * @description True if `push` is read as `pull,push`. Null: the profile decides, which means true for `distribution-2`,
             *     `distribution-3` and `gitlab`, which want both rights for every write, else false.
             */
            push_includes_pull?: boolean | null;
            search?: boolean | null;
            token_ttl?: components["schemas"]["Ttl"] | null;
            trust?: components["schemas"]["Trust"] | null;
        };
        /**
         * @description The fields of a service that may be written.
         * @example {
         *       "token_ttl": 300
         *     }
         */
        ServicePut: {
            crawl?: components["schemas"]["Crawl"] | null;
            /**
             * @description True if the events that the service's registry reports are recorded.
             * @default true
             */
            events: boolean;
            key_id?: components["schemas"]["KeyIdForm"] | null;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name of the service: the audience of its tokens. */
            readonly name?: components["schemas"]["ServiceName"];
            /**
             * @description True if people who sign in with a password get refresh tokens for the service.
             * @default true
             */
            offline_tokens: boolean;
            /**
             * @description True if `grant_type=password` accepts passwords. It always accepts access keys.
             * @default true
             */
            password_grant: boolean;
            /**
             * @description The kind of registry that verifies the service's tokens.
             * @default distribution-2
             */
            profile: components["schemas"]["Profile"];
            /**
             * @description True if `push` is read as `pull,push`. Null: the profile decides, which means true for `distribution-2`,
             *     `distribution-3` and `gitlab`, which want both rights for every write, else false.
             */
            push_includes_pull?: boolean | null;
            /**
             * @description True if `docker search` and the catalogue are served. Each caller gets the repositories that it may pull.
             * @default false
             */
            search: boolean;
            /**
             * @description The time for which the service's tokens are valid, seconds.
             * @default 300
             */
            token_ttl: components["schemas"]["Ttl"];
            trust?: components["schemas"]["Trust"] | null;
        };
        /** @description The state of a signing key. */
        SigningKeyStatus: {
            /** @description The id of the key (`kid`), in the form that the registries expect. */
            kid: string;
            not_after: components["schemas"]["Timestamp"] | null;
            /** @description `next`, `signing` or `retired`. */
            state: string;
        };
        /** @description The state of a server, and its environment. */
        Status: {
            /** @description The certificates that tokens and connections depend on. */
            certificates: components["schemas"]["CertificateStatus"][];
            /** @description The commit that the release was built from; `unknown` if it was built outside a git checkout. */
            commit: string;
            /** @description The number of objects of each kind. */
            counts: components["schemas"]["ObjectCounts"];
            /** @description The database. */
            database: components["schemas"]["DatabaseStatus"];
            events: components["schemas"]["EventStatus"] | null;
            /** @description The position of this server in the change feed. */
            feed: components["schemas"]["FeedStatus"];
            /**
             * @description The servers that use the database. Each reports every 30 seconds, and is listed for ten minutes after its last
             *     report.
             */
            replicas: components["schemas"]["ReplicaStatus"][];
            /**
             * Format: int64
             * @description The number of the last migration that was applied to the database.
             */
            schema: number;
            /** @description The signing keys. */
            signing_keys: components["schemas"]["SigningKeyStatus"][];
            /** @description The time at which this server started. */
            started_at: components["schemas"]["Timestamp"];
            /** @description The version of the release. */
            version: string;
            /** @description Warnings for the operator. */
            warnings: components["schemas"]["Warning"][];
        };
        /**
         * @description the name of a user or robot; reserved, in upper or lower case: anonymous, everyone, authenticated, system, the all-zero UUID
         * @example alice
         */
        SubjectName: string;
        /**
         * @description a user or robot
         * @example user:admin
         */
        SubjectRef: string;
        /** @description A change that takes away rights that nobody used. */
        Suggestion: {
            /**
             * Format: int64
             * @description The number of times that clients asked for a token for an action that the rule allows.
             */
            asked: number;
            /** @description The command that makes the change; null if `patch` makes it. */
            command: string | null;
            /** @description The field that changes; null for an access key. */
            field: string | null;
            /**
             * Format: int64
             * @description The number of times that a token granted an action that the rule allows.
             */
            granted: number;
            /** @description The kind of the suggestion. */
            kind: components["schemas"]["SuggestionKind"];
            /** @description The owner of the object, for declarative tools. If there is an owner, make the change there. */
            managed_by: string | null;
            /** @description The name of the rule, group or robot; the id of the access key. */
            name: string;
            /** @description `rule`, `group`, `robot` or `access-key`. */
            object: string;
            /** @description The object after the change, as `apply` takes it; null for an access key. */
            patch: Record<string, never> | null;
            /**
             * Format: int64
             * @description The number of seen uses that the suggestion would refuse: always 0.
             */
            refused: number;
            /** @description The actions, subjects, members or patterns to remove. */
            removed: string[];
            /**
             * Format: int64
             * @description The number of seen uses with which the suggestion was checked.
             */
            seen: number;
            /** @description The service patterns of a rule; empty for other objects. */
            services: string[];
            /** @description The owner of an access key, or the robot itself; null for a rule or a group. */
            subject: string | null;
            /** @description The suggestion in words. */
            text: string;
            /**
             * Format: int64
             * @description The number of times that registries reported the use of an action that the rule allows.
             */
            used: number;
        };
        /**
         * @description The kind of a suggestion.
         * @enum {string}
         */
        SuggestionKind: "unused_rule" | "unused_actions" | "unused_members" | "narrower_names" | "stale_robot" | "stale_key";
        /** @description The suggestions, and the use with which they were checked. */
        SuggestionsAnswer: {
            /** @description The services, rules and groups about which nothing can be suggested yet. */
            held_back: components["schemas"]["HeldBack"][];
            /** @description The suggestions, by kind and name. */
            items: components["schemas"]["Suggestion"][];
            /** @description The number of further suggestions that the answer leaves out. */
            omitted: number;
            /**
             * Format: int64
             * @description The number of seen uses that the rules grant today. Each suggestion was checked with all of them.
             */
            seen: number;
            /** @description The beginning of the period whose use was checked. */
            since: components["schemas"]["Timestamp"];
            /** @description The end of the period whose use was checked: the time of the request. */
            until: components["schemas"]["Timestamp"];
        };
        /** @description The number of objects that were created, changed, deleted and left unchanged. */
        Summary: {
            /**
             * Format: int64
             * @description The number of created objects.
             */
            created: number;
            /**
             * Format: int64
             * @description The number of objects that pruning deleted.
             */
            deleted: number;
            /**
             * Format: int64
             * @description The number of objects that already were as the files say.
             */
            unchanged: number;
            /**
             * Format: int64
             * @description The number of changed objects.
             */
            updated: number;
        };
        /** @description A tag of a repository. */
        Tag: {
            changed_at: components["schemas"]["Timestamp"] | null;
            /** @description The user or robot who moved the tag; null when the name is not known or the client was anonymous. */
            changed_by: string | null;
            /** @description The digest of the manifest that the tag names; null when it is not known. */
            digest: string | null;
            /** @description The name of the tag. */
            name: string;
        };
        /**
         * Format: date-time
         * @description a time in RFC 3339; responses use UTC
         * @example 2030-01-31T12:00:00Z
         */
        Timestamp: string;
        TokenAnswer: {
            /** @description The same token, under the name that OAuth2 clients read. */
            access_token: string;
            /** @description The time for which the client may use the token, seconds. The token usually ends a minute later. */
            expires_in: number;
            /** @description The refresh token, if the request asked for one, and if the caller may get one. */
            refresh_token?: string;
            /** @description The granted scopes; only in the answer to a POST. */
            scope?: string;
            /** @description The token for the registry, a JWT. */
            token: string;
        };
        TokenFailure: {
            details: string;
            /** @description The error code of RFC 6749 section 5.2. */
            error: string;
            error_description: string;
            errors: {
                code: string;
                message: string;
            }[];
        };
        /** @description The form of `POST /token`. */
        TokenForm: {
            /** @description `offline` to get a refresh token. */
            access_type?: string;
            /** @description The name that the client gives itself. */
            client_id?: string;
            /**
             * @description The kind of credential.
             * @example password
             */
            grant_type: string;
            /** @description The password or access key, for `password`. */
            password?: string;
            /** @description The refresh token, for `refresh_token`. */
            refresh_token?: string;
            /** @description The requested scopes, separated by spaces. */
            scope?: string;
            /** @description The service of the registry. It can be absent if there is only one service. */
            service?: string;
            /** @description The user name, for `password`. */
            username?: string;
        };
        /**
         * @description the way in which a registry trusts keys
         * @example bundle
         * @enum {string}
         */
        Trust: "bundle" | "jwks" | "certificate";
        /**
         * @description seconds
         * @example 300
         */
        Ttl: number;
        /**
         * @description a resource type, or `*` for any
         * @example repository
         */
        TypePattern: string;
        /** @description The use of a repository by somebody within a period. The registry reported the names. */
        Usage: {
            /**
             * @description the action that an event reports
             * @example pull
             * @enum {string}
             */
            action: "pull" | "check" | "push" | "mount" | "delete";
            /**
             * Format: int64
             * @description The number of these uses.
             */
            count: number;
            /** @description The time of the first use in the period, as far as the server still keeps single days. */
            first_at: components["schemas"]["Timestamp"];
            /** @description The time of the last use in the period, as far as the server still keeps single days. */
            last_at: components["schemas"]["Timestamp"];
            /** @description The name of the repository. */
            repository: components["schemas"]["ResourceName"];
            /** @description The service of the registry. */
            service: components["schemas"]["ServiceName"];
            /** @description The name of the user or robot, `anonymous`, or the pseudonym of a deleted user. */
            subject: string;
        };
        /** @description A user as the API shows it. Changes record the same fields except the identity. */
        User: {
            /** @description True if the user may do everything in the administration API. */
            admin: boolean;
            /** @description The time of creation. */
            created_at: components["schemas"]["Timestamp"];
            /** @description True if the user cannot sign in. */
            disabled: boolean;
            /** @description The groups the user belongs to. */
            groups: components["schemas"]["GroupName"][];
            /** @description True if the user has a password. */
            has_password: boolean;
            identity: components["schemas"]["LinkedIdentity"] | null;
            /** @description Attributes that rules may use. */
            labels: components["schemas"]["Labels"];
            /** @description The owner of the object, for declarative tools. */
            managed_by: string | null;
            /** @description The name to sign in with. */
            name: components["schemas"]["SubjectName"];
            /** @description The time of the last change. */
            updated_at: components["schemas"]["Timestamp"];
        };
        UserAccount: {
            access_key: components["schemas"]["PresentedKey"] | null;
            /** @description True if the user may do everything in the administration API. */
            admin: boolean;
            /** @description The time of creation. */
            created_at: components["schemas"]["Timestamp"];
            /** @description True if the user cannot sign in. */
            disabled: boolean;
            /** @description The groups the user belongs to. */
            groups: components["schemas"]["GroupName"][];
            /** @description True if the user has a password. */
            has_password: boolean;
            identity: components["schemas"]["LinkedIdentity"] | null;
            /** @description Attributes that rules may use. */
            labels: components["schemas"]["Labels"];
            /** @description The owner of the object, for declarative tools. */
            managed_by: string | null;
            /** @description The name to sign in with. */
            name: components["schemas"]["SubjectName"];
            /** @description The account as rules name it. */
            subject: components["schemas"]["SubjectRef"];
            /** @description The time of the last change. */
            updated_at: components["schemas"]["Timestamp"];
        };
        /**
         * @description the fields to change; null returns one to its default
         * @example {
         *       "labels": {
         *         "team": [
         *           "web"
         *         ]
         *       },
         *       "password": "a perfectly long password"
         *     }
         */
        UserPatch: {
            admin?: boolean | null;
            /** @description The time of creation. */
            readonly created_at?: components["schemas"]["Timestamp"];
            disabled?: boolean | null;
            /** @description The groups the user belongs to. */
            readonly groups?: components["schemas"]["GroupName"][];
            /** @description True if the user has a password. */
            readonly has_password?: boolean;
            readonly identity?: components["schemas"]["LinkedIdentity"] | null;
            labels?: components["schemas"]["LabelsPatch"] | null;
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name to sign in with. */
            readonly name?: components["schemas"]["SubjectName"];
            /**
             * Format: password
             * @description a password of at most 1,024 bytes; not the user's name, and not one character repeated
             * @example a perfectly long password
             */
            password?: string | null;
            /** @description a password hash in place of `password`: argon2id or argon2i in PHC form, or bcrypt */
            password_hash?: string | null;
            /** @description The time of the last change. */
            readonly updated_at?: components["schemas"]["Timestamp"];
        };
        /**
         * @description The writable fields of a user, except the password.
         * @example {
         *       "labels": {
         *         "team": [
         *           "web"
         *         ]
         *       },
         *       "password": "a perfectly long password"
         *     }
         */
        UserPut: {
            /** @description True if the user may do everything in the administration API. */
            admin?: boolean;
            /** @description The time of creation. */
            readonly created_at?: components["schemas"]["Timestamp"];
            /** @description True if the user cannot sign in. */
            disabled?: boolean;
            /** @description The groups the user belongs to. */
            readonly groups?: components["schemas"]["GroupName"][];
            /** @description True if the user has a password. */
            readonly has_password?: boolean;
            readonly identity?: components["schemas"]["LinkedIdentity"] | null;
            /** @description Attributes that rules may use. */
            labels?: components["schemas"]["Labels"];
            /** @description the owner of the object, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name to sign in with. */
            readonly name?: components["schemas"]["SubjectName"];
            /**
             * Format: password
             * @description a password of at most 1,024 bytes; not the user's name, and not one character repeated
             * @example a perfectly long password
             */
            password?: string | null;
            /** @description a password hash in place of `password`: argon2id or argon2i in PHC form, or bcrypt */
            password_hash?: string | null;
            /** @description The time of the last change. */
            readonly updated_at?: components["schemas"]["Timestamp"];
        };
        /** @description A warning for the operator. */
        Warning: {
            /**
             * @description The cause of the warning, in one word for programs.
             * @example certificate-ends
             */
            code: string;
            /** @description The cause of the warning, and the remedy. */
            message: string;
        };
    };
    responses: {
        /** @description the body is not JSON, or a condition is not a list of entity tags */
        BadRequest: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the write collides with an existing object, or rules name the object */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the caller may not do this */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the Authorization header is longer than 16 KiB */
        HeaderTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the input does not fit; all errors are listed by field */
        Invalid: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the path has other methods */
        MethodNotAllowed: {
            headers: {
                Allow: components["headers"]["Allow"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description there is no such object */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the body is larger than 1 MiB, or than 2 GiB for `apply` */
        PayloadTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description a condition of the request does not hold */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the body took too long to arrive */
        RequestTimeout: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the server failed; its log says why */
        ServerError: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description too many passwords were wrong */
        Throttled: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description no credentials, or wrong ones */
        Unauthorized: {
            headers: {
                "WWW-Authenticate": components["headers"]["Challenge"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description too many requests at once, or the database cannot be reached */
        Unavailable: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the operation does not take the content type of the body */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description the query is longer than 16 KiB */
        UriTooLong: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description the methods of the path */
        Allow: string;
        /** @description how to sign in */
        Challenge: string;
        /** @description the version of the object, for `If-Match` and `If-None-Match` */
        ETag: string;
        /** @description the version of the key set */
        KeysETag: string;
        /** @description the path of the new object */
        Location: string;
        /** @description the id of the request, which is also in the log and in the audit trail */
        RequestId: string;
        /** @description seconds */
        RetryAfter: number;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getKeys: {
        parameters: {
            query?: {
                /**
                 * @description The name of an existing service.
                 * @example registry
                 */
                service?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["KeysETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description the client has it already */
            304: {
                headers: {
                    ETag: components["headers"]["KeysETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description the service is given twice */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description there is no such service */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the query is longer than 16 KiB */
            414: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the Authorization header is longer than 16 KiB */
            431: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
        };
    };
    deleteAccessKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listActivity: {
        parameters: {
            query?: {
                /**
                 * @description Events in repositories whose names begin with this text.
                 * @example team/
                 */
                q?: string;
                /**
                 * @description Events of this kind: `pull`, `push`, `mount` or `delete`. The server only counts checks: see `/usage`.
                 * @example delete
                 */
                action?: "pull" | "push" | "mount" | "delete";
                /**
                 * @description Events of this service.
                 * @example registry
                 */
                service?: components["schemas"]["ServiceName"];
                /**
                 * @description Events in this repository.
                 * @example team/app
                 */
                repository?: string;
                /**
                 * @description Events by this user or robot (`NAME`, `user:NAME` or `robot:NAME`), or by `anonymous`.
                 * @example ci
                 */
                subject?: string;
                /**
                 * @description Events of this manifest or layer.
                 * @example sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
                 */
                digest?: string;
                /**
                 * @description Events from this day or time on. When absent, the period begins 30 days before its end.
                 * @example 2026-01-01
                 */
                from?: string;
                /**
                 * @description Events up to and including this day, or up to this time.
                 * @example 2030-01-01
                 */
                to?: string;
                /**
                 * @description The greatest number of events, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Activity"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    apply: {
        parameters: {
            query?: {
                /**
                 * @description Only report the changes, without making them.
                 * @example true
                 */
                dry_run?: boolean;
                /**
                 * @description Also delete each object of the owner that is missing in the file, if the file contains other objects
                 *     of its kind. Needs `owner`.
                 * @example false
                 */
                prune?: boolean;
                /**
                 * @description The owner of the objects. It becomes their `managed_by`.
                 * @example git
                 */
                owner?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-ndjson": string;
                "application/yaml": string;
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listChanges: {
        parameters: {
            query?: {
                /**
                 * @description Only changes of this kind of object.
                 * @example user
                 */
                kind?: "user" | "robot" | "group" | "service" | "rule" | "access-key" | "refresh-token" | "identity-provider" | "identity" | "invitation" | "signing-key" | "database";
                /**
                 * @description Only changes of objects with this name or id.
                 * @example admin
                 */
                name?: string;
                /**
                 * @description Only changes by this actor (`user:NAME`, `robot:NAME`, `system`).
                 * @example user:admin
                 */
                actor?: string;
                /**
                 * @description Only changes at or after this time, RFC 3339.
                 * @example 2026-01-01T00:00:00Z
                 */
                since?: components["schemas"]["Timestamp"];
                /**
                 * @description Only changes before this time, RFC 3339.
                 * @example 2030-01-01T00:00:00Z
                 */
                until?: components["schemas"]["Timestamp"];
                /**
                 * @description `asc` (oldest first, the default) or `desc`.
                 * @example desc
                 */
                order?: "asc" | "desc";
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /**
                 * @description The `seq` after which the page continues, in the requested order.
                 * @example 0
                 */
                after?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_ChangeRecord"];
                    "application/x-ndjson": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Check"] | components["schemas"]["Checks"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckAnswer"] | components["schemas"]["CheckAnswers"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listGroups: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /**
                 * @description `true` also gives the number of entries in the whole list.
                 * @example true
                 */
                total?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Group"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getGroup: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. The answer is 304 if the object still has it. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["GroupName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            /** @description the client has it already */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putGroup: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
                /** @description `*`: writes only if there is no such object. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["GroupName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupPut"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            /** @description made */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteGroup: {
        parameters: {
            query?: {
                /**
                 * @description Removes the object from the rules that name it, instead of refusing the deletion. Disables rules that then
                 *     have no subjects. With an identity provider, unlinks its people.
                 * @example false
                 */
                cascade?: boolean;
            };
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["GroupName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    patchGroup: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["GroupName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupPatch"];
                "application/merge-patch+json": components["schemas"]["GroupPatch"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMembers: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /**
                 * @description `true` also gives the number of entries in the whole list.
                 * @example true
                 */
                total?: boolean;
            };
            header?: never;
            path: {
                name: components["schemas"]["GroupName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_SubjectRef"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["GroupName"];
                member: components["schemas"]["SubjectRef"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["GroupName"];
                member: components["schemas"]["SubjectRef"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listIdentityProviders: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_IdentityProvider"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getIdentityProvider: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. The answer is 304 if the object still has it. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["ProviderName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityProvider"];
                };
            };
            /** @description the client has it already */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putIdentityProvider: {
        parameters: {
            query?: {
                /**
                 * @description Moves the provider's people to a new issuer, instead of refusing the write. Use it if the ids of people are the
                 *     same at the new issuer.
                 * @example false
                 */
                move_identities?: boolean;
            };
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
                /** @description `*`: writes only if there is no such object. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["ProviderName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IdentityProviderPut"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityProvider"];
                };
            };
            /** @description made */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityProvider"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteIdentityProvider: {
        parameters: {
            query?: {
                /**
                 * @description Removes the object from the rules that name it, instead of refusing the deletion. Disables rules that then
                 *     have no subjects. With an identity provider, unlinks its people.
                 * @example false
                 */
                cascade?: boolean;
            };
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["ProviderName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    patchIdentityProvider: {
        parameters: {
            query?: {
                /**
                 * @description Moves the provider's people to a new issuer, instead of refusing the write. Use it if the ids of people are the
                 *     same at the new issuer.
                 * @example false
                 */
                move_identities?: boolean;
            };
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["ProviderName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IdentityProviderPatch"];
                "application/merge-patch+json": components["schemas"]["IdentityProviderPatch"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityProvider"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    releaseIdentityProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["ProviderName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    testIdentityProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["ProviderName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IdentityProviderTestFields"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityProviderTest"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listInvitations: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_OpenInvitation"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            401: components["responses"]["Unauthorized"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMyAccessKeys: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_AccessKey"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createMyAccessKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAccessKey"];
            };
        };
        responses: {
            /** @description made */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedAccessKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteMyAccessKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getMyBrowserSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnBrowserSession"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteMyBrowserSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    checkMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnCheck"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putMyPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMyRefreshTokens: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_RefreshToken"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteMyRefreshToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMyServices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnServices"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMyUsage: {
        parameters: {
            query?: {
                /**
                 * @description Usage of repositories whose names begin with this text.
                 * @example team/
                 */
                q?: string;
                /**
                 * @description Usage of this service.
                 * @example registry
                 */
                service?: components["schemas"]["ServiceName"];
                /**
                 * @description Usage of this repository.
                 * @example team/app
                 */
                repository?: string;
                /**
                 * @description Usage of this kind: `pull`, `check`, `push`, `mount` or `delete`.
                 * @example pull
                 */
                action?: "pull" | "check" | "push" | "mount" | "delete";
                /**
                 * @description Usage from this day or time on. When absent, the period begins 30 days before its end.
                 * @example 2026-01-01
                 */
                from?: string;
                /**
                 * @description Usage up to and including this day, or up to this time.
                 * @example 2030-01-01
                 */
                to?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Usage"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDescription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            414: components["responses"]["UriTooLong"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    preview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never> | Record<string, never>[];
                "application/x-ndjson": string;
                "application/yaml": string;
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPulls: {
        parameters: {
            query: {
                /**
                 * @description The digest of the manifest: `sha256:` and 64 hexadecimal digits.
                 * @example sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
                 */
                digest: string;
                /**
                 * @description Pulls from repositories whose names begin with this text.
                 * @example team/
                 */
                q?: string;
                /**
                 * @description Pulls from this service.
                 * @example registry
                 */
                service?: components["schemas"]["ServiceName"];
                /**
                 * @description Pulls from this repository.
                 * @example team/app
                 */
                repository?: string;
                /**
                 * @description Pulls by this user or robot (`NAME`, `user:NAME` or `robot:NAME`), or by `anonymous`.
                 * @example ci
                 */
                subject?: string;
                /**
                 * @description Only subjects that last pulled on or after this day or time. When absent, the period begins 30 days before its
                 *     end.
                 * @example 2026-01-01
                 */
                from?: string;
                /**
                 * @description Only subjects that first pulled on or before this day, or before this time.
                 * @example 2030-01-01
                 */
                to?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Pull"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRefreshTokens: {
        parameters: {
            query: {
                /**
                 * @description The owner of the sessions.
                 * @example user:admin
                 */
                subject: components["schemas"]["SubjectRef"];
                /** @description Ids that begin with this text. */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_RefreshToken"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteRefreshTokens: {
        parameters: {
            query: {
                /**
                 * @description The owner of the sessions.
                 * @example user:admin
                 */
                subject: components["schemas"]["SubjectRef"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteRefreshToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRepositories: {
        parameters: {
            query?: {
                /**
                 * @description Repositories whose names begin with this text.
                 * @example team/
                 */
                q?: string;
                /**
                 * @description Repositories of this service.
                 * @example registry
                 */
                service?: components["schemas"]["ServiceName"];
                /**
                 * @description The greatest number of repositories, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Repository"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getRepository: {
        parameters: {
            query?: {
                /**
                 * @description Tags whose names begin with this text.
                 * @example v1
                 */
                q?: string;
                /**
                 * @description The greatest number of tags, and of manifests, 1 to 1,000; 1,000 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page of tags. */
                after?: string;
                /** @description The `next_manifests` of the previous page of manifests. */
                after_manifests?: string;
            };
            header?: never;
            path: {
                service: components["schemas"]["ServiceName"];
                repository: components["schemas"]["ResourceName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RepositoryWithTags"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRobots: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /**
                 * @description `true` also gives the number of entries in the whole list.
                 * @example true
                 */
                total?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Robot"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getRobot: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. The answer is 304 if the object still has it. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Robot"];
                };
            };
            /** @description the client has it already */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putRobot: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
                /** @description `*`: writes only if there is no such object. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RobotPut"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Robot"];
                };
            };
            /** @description made */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Robot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteRobot: {
        parameters: {
            query?: {
                /**
                 * @description Removes the object from the rules that name it, instead of refusing the deletion. Disables rules that then
                 *     have no subjects. With an identity provider, unlinks its people.
                 * @example false
                 */
                cascade?: boolean;
            };
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    patchRobot: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RobotPatch"];
                "application/merge-patch+json": components["schemas"]["RobotPatch"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Robot"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRobotAccessKeys: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_AccessKey"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createRobotAccessKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAccessKey"];
            };
        };
        responses: {
            /** @description made */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedAccessKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getRobotLastSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LastSignIn"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRules: {
        parameters: {
            query?: {
                /**
                 * @description Only rules whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /**
                 * @description True to lint the rules. With `false`, `warnings` is null.
                 * @example true
                 */
                warnings?: boolean;
                /**
                 * @description `true` also gives the number of entries in the whole list.
                 * @example true
                 */
                total?: boolean;
                /**
                 * @description For a user or robot: only rules about it, also through its groups. For a group, `anonymous`, `authenticated`
                 *     or `everyone`: only rules that name it.
                 * @example group:web
                 */
                subject?: string;
                /**
                 * @description Only rules whose name patterns match this name. If a pattern has a placeholder, and `subject` does not name an
                 *     existing user or robot, only the text before the placeholder is compared.
                 * @example web/site
                 */
                about?: string;
                /**
                 * @description Only rules with this effect.
                 * @example allow
                 */
                effect?: components["schemas"]["Effect"];
                /**
                 * @description `true` for only enabled rules, `false` for only disabled rules.
                 * @example true
                 */
                enabled?: boolean;
                /**
                 * @description Only rules with this text in their name, description, subjects, names, services or type, in upper or lower
                 *     case.
                 * @example web
                 */
                text?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Rule"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. The answer is 304 if the object still has it. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["RuleName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"];
                };
            };
            /** @description the client has it already */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
                /** @description `*`: writes only if there is no such object. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["RuleName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulePut"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"];
                };
            };
            /** @description made */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["RuleName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    patchRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["RuleName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulePatch"];
                "application/merge-patch+json": components["schemas"]["RulePatch"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Rule"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listServices: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Service"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getService: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. The answer is 304 if the object still has it. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["ServiceName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            /** @description the client has it already */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putService: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
                /** @description `*`: writes only if there is no such object. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["ServiceName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServicePut"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            /** @description made */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteService: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["ServiceName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    patchService: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["ServiceName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServicePatch"];
                "application/merge-patch+json": components["schemas"]["ServicePatch"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getCrawl: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["ServiceName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Crawled"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    crawlService: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["ServiceName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CrawlFields"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Crawled"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getRegistryConfig: {
        parameters: {
            query?: {
                /**
                 * @description The absolute path of the folder with the registry's files; when absent, the usual folder of this kind of
                 *     registry.
                 * @example /etc/docker/registry
                 */
                directory?: string;
                /**
                 * @description `yaml` (the default) or `env` for environment variables. zot reads no environment variables (422).
                 * @example yaml
                 */
                format?: "yaml" | "env";
            };
            header?: never;
            path: {
                name: components["schemas"]["ServiceName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistrySetUp"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSuggestions: {
        parameters: {
            query?: {
                /**
                 * @description Only suggestions about rules for this service alone. Only the use of this service counts.
                 * @example registry
                 */
                service?: components["schemas"]["ServiceName"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuggestionsAnswer"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listUsage: {
        parameters: {
            query?: {
                /**
                 * @description Usage of repositories whose names begin with this text.
                 * @example team/
                 */
                q?: string;
                /**
                 * @description Usage of this service.
                 * @example registry
                 */
                service?: components["schemas"]["ServiceName"];
                /**
                 * @description Usage of this repository.
                 * @example team/app
                 */
                repository?: string;
                /**
                 * @description Usage by this user or robot (`NAME`, `user:NAME` or `robot:NAME`), or by `anonymous`.
                 * @example ci
                 */
                subject?: string;
                /**
                 * @description Usage of this kind: `pull`, `check`, `push`, `mount` or `delete`.
                 * @example pull
                 */
                action?: "pull" | "check" | "push" | "mount" | "delete";
                /**
                 * @description Usage from this day or time on. When absent, the period begins 30 days before its end.
                 * @example 2026-01-01
                 */
                from?: string;
                /**
                 * @description Usage up to and including this day, or up to this time.
                 * @example 2030-01-01
                 */
                to?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_Usage"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
                /**
                 * @description `true` also gives the number of entries in the whole list.
                 * @example true
                 */
                total?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_User"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. The answer is 304 if the object still has it. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description the client has it already */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
                /** @description `*`: writes only if there is no such object. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserPut"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description made */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteUser: {
        parameters: {
            query?: {
                /**
                 * @description Removes the object from the rules that name it, instead of refusing the deletion. Disables rules that then
                 *     have no subjects. With an identity provider, unlinks its people.
                 * @example false
                 */
                cascade?: boolean;
            };
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    patchUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserPatch"];
                "application/merge-patch+json": components["schemas"]["UserPatch"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listUserAccessKeys: {
        parameters: {
            query?: {
                /**
                 * @description Only entries whose names begin with this text.
                 * @example a
                 */
                q?: string;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["List_AccessKey"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createUserAccessKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAccessKey"];
            };
        };
        responses: {
            /** @description made */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedAccessKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getIdentity: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the client has. The answer is 304 if the object still has it. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Identity"];
                };
            };
            /** @description the client has it already */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    putIdentity: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
                /** @description `*`: writes only if there is no such object. */
                "If-None-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IdentityPut"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Identity"];
                };
            };
            /** @description made */
            201: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Identity"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteIdentity: {
        parameters: {
            query?: never;
            header?: {
                /** @description Writes only if the object still has this `ETag`; `*` stands for any existing object. */
                "If-Match"?: string;
            };
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    recheckIdentity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecheckedIdentity"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createUserInvitation: {
        parameters: {
            query?: {
                /**
                 * @description Also creates the user, if no user or robot has this name.
                 * @example false
                 */
                create?: boolean;
            };
            header?: never;
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description made */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteUserInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description done */
            204: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getUserLastSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: components["schemas"]["SubjectName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LastSignIn"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    whoCan: {
        parameters: {
            query: {
                /**
                 * @description The service of the registry. It can be absent if there is only one service.
                 * @example registry
                 */
                service?: components["schemas"]["ServiceName"];
                /**
                 * @description The resource's type; `repository` when absent.
                 * @example repository
                 */
                type?: components["schemas"]["ResourceType"];
                /**
                 * @description The resource's name.
                 * @example web/site
                 */
                name: components["schemas"]["ResourceName"];
                /**
                 * @description The action.
                 * @example push
                 */
                action: components["schemas"]["Action"];
                address?: string;
                /**
                 * @description The time of the question; now when absent.
                 * @example 2030-01-01T00:00:00Z
                 */
                at?: components["schemas"]["Timestamp"];
                /**
                 * @description `true` lists each user and robot instead of selectors.
                 * @example true
                 */
                expand?: boolean;
                /**
                 * @description The greatest number of entries, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Holders"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    reportEvents: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: components["schemas"]["ServiceName"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/vnd.docker.distribution.events.v2+json": Record<string, never>;
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["Throttled"];
            431: components["responses"]["HeaderTooLarge"];
            500: components["responses"]["ServerError"];
            503: components["responses"]["Unavailable"];
        };
    };
    isLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description the query is longer than 16 KiB */
            414: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the Authorization header is longer than 16 KiB */
            431: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
        };
    };
    isReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description the query is longer than 16 KiB */
            414: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the Authorization header is longer than 16 KiB */
            431: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description refused */
            503: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description the query is longer than 16 KiB */
            414: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the Authorization header is longer than 16 KiB */
            431: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
        };
    };
    authorizeDevice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["DeviceAuthorizationForm"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceAuthorization"];
                };
            };
            /** @description the form does not fit, or the server has no pages: they need https */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the form took too long to arrive */
            408: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the form is longer than 16 KiB */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the query is longer than 16 KiB */
            414: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the body is not a form */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description too many passwords were wrong */
            429: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the Authorization header is longer than 16 KiB */
            431: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the server failed; its log says why */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the database cannot be reached */
            503: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["RevokeForm"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description the parameter is missing, or is an access key */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the form took too long to arrive */
            408: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the form is longer than 16 KiB */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the query is longer than 16 KiB */
            414: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the body is not a form */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the Authorization header is longer than 16 KiB */
            431: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the database cannot be reached */
            503: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
        };
    };
    getDeviceKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["DeviceTokenForm"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceToken"];
                };
            };
            /** @description `error` says why there is no key (yet) */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the form took too long to arrive */
            408: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the form is longer than 16 KiB */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the query is longer than 16 KiB */
            414: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the body is not a form */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the Authorization header is longer than 16 KiB */
            431: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the server failed; its log says why */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the database cannot be reached */
            503: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
        };
    };
    getToken: {
        parameters: {
            query?: {
                /**
                 * @description The service of the registry. It can be absent if there is only one service.
                 * @example registry
                 */
                service?: string;
                /**
                 * @description The requested scopes, separated by spaces. The parameter may occur several times. A malformed scope grants
                 *     nothing.
                 * @example repository:web/site:pull
                 */
                scope?: string;
                /** @description The account that the client claims to be. It is never trusted. */
                account?: string;
                /** @description The name that the client gives itself. */
                client_id?: string;
                /** @description `true` to get a refresh token. */
                offline_token?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenAnswer"];
                };
            };
            /** @description a parameter is missing or does not fit, or the service is unknown */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description no credentials where some are needed, or wrong ones */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["Challenge"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the query is longer than 16 KiB */
            414: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description too many passwords were wrong */
            429: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the Authorization header is longer than 16 KiB */
            431: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the server failed; its log says why */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description too many requests at once, or the database cannot be reached */
            503: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
        };
    };
    postToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["TokenForm"];
            };
        };
        responses: {
            /** @description as asked for */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenAnswer"];
                };
            };
            /** @description a parameter is missing or does not fit, or the service is unknown */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description no credentials where some are needed, or wrong ones */
            401: {
                headers: {
                    "WWW-Authenticate": components["headers"]["Challenge"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the form took too long to arrive */
            408: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the form is longer than 16 KiB */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the query is longer than 16 KiB */
            414: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the body is not a form */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description too many passwords were wrong */
            429: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the Authorization header is longer than 16 KiB */
            431: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description the server failed; its log says why */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
            /** @description too many requests at once, or the database cannot be reached */
            503: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    "X-Request-Id": components["headers"]["RequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenFailure"];
                };
            };
        };
    };
}
