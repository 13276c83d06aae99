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
    "/api/v1/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes the objects of a file the state of the server, all of them or none. */
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
        /** Lets people of an identity provider be cut off again, after very many were gone at once. */
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
        /** Lists the invitations that can still be used by the names of their users, a page at a time. */
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
        /** Shows the own account. */
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
        /** Lists the own access keys. */
        get: operations["listMyAccessKeys"];
        put?: never;
        /** Makes an own access key; its secret is shown once. */
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
        /** Revokes an own access key at once. */
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
         * @description From the caller's address and now; names only rules about the caller.
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
        /** Changes the own password. */
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
        /** Lists the own refresh tokens. */
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
        /** Revokes an own refresh token at once. */
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
         * @description One object or a list of them as JSON, or a file of them as NDJSON or YAML: rules, groups, users and robots, each with `kind` and `name`. At most 1,000 objects and 1 MiB. Errors of a single object as JSON name its fields; others begin with the document.
         */
        post: operations["preview"];
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
         * @description Sessions and keys that are gone are not counted.
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
    "/api/v1/services/{name}/registry-config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows how the registry of a service is to be set up: its configuration and the files it must hold. */
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
        /** Tells how the server is, and what it works with. */
        get: operations["getStatus"];
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
        /** Shows who vouches for a user. */
        get: operations["getIdentity"];
        /** Links a user with somebody of an identity provider. The user loses the password. */
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
         * Makes a link on which a user who has no password sets the first one.
         * @description The link is shown once, is good for 24 hours and for one use. An earlier one ends.
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
         * @description Sessions and keys that are gone are not counted.
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
         * @description The policy is fresh enough to decide from, and the server is not about to stop.
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
        /** Tells what is measured, as Prometheus text. */
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
         * @description Holding the token is proof enough; an unknown one is 200 too.
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
         * @description Ask again after `interval` seconds while `error` is `authorization_pending`. It is `slow_down` for a device that asks too often, `access_denied` when a person refused it, `expired_token` after ten minutes.
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
         * Issues a token for Basic credentials, for an access key by Bearer, or for nobody.
         * @description HEAD is answered as GET is, without a body, and never makes a refresh token.
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
         * @description Everything granted: one entry a resource, sorted, none without actions.
         *
         *     Serialises as the `access` claim, always an array.
         */
        Access: components["schemas"]["AccessEntry"][];
        /** @description Actions granted on one resource. Never empty inside an [`Access`]. */
        AccessEntry: {
            /** @description The granted actions, sorted. */
            actions: components["schemas"]["Action"][];
            /** @description The resource's name, exactly as asked. */
            name: components["schemas"]["ResourceName"];
            /** @description The resource's type, without class. */
            type: components["schemas"]["ResourceType"];
        };
        /** @description An access key as the API shows it, without its secret. */
        AccessKey: {
            /** @description When it was made. */
            created_at: components["schemas"]["Timestamp"];
            expires_at: components["schemas"]["Timestamp"] | null;
            /**
             * Format: uuid
             * @description a public id
             * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
             */
            id: string;
            /** @description From where it was last used. */
            last_address: string | null;
            last_used_at: components["schemas"]["Timestamp"] | null;
            /** @description For people to recognise it. */
            name: string;
            /** @description How it was made: `api`, `browser` (on the page of the own keys) or `device` (by a device that its owner approved). */
            origin: components["schemas"]["KeyOrigin"];
            /** @description what the key is narrowed to; null for no restriction */
            scopes: string[] | null;
            /** @description Whose it is. */
            subject: components["schemas"]["SubjectRef"];
        };
        Account: components["schemas"]["UserAccount"] | components["schemas"]["RobotAccount"];
        /**
         * @description an action, or `*` for every action
         * @example pull
         */
        Action: string;
        /** @description A certificate. */
        CertificateStatus: {
            /** @description When it ends. */
            not_after: components["schemas"]["Timestamp"];
            /** @description When it begins. */
            not_before: components["schemas"]["Timestamp"];
            /** @description `ca`, `tls`, or the state of the signing key that it is of. */
            use: string;
        };
        /** @description One object that one write touched, as it is recorded. Never holds a secret. */
        ChangeRecord: {
            /**
             * @description `create`, `update`, `delete`, `revoke`, `add-member`, `remove-member`; of signing keys `rotate`; of the
             *     database as a whole `backup`, `restore`, `copy`.
             */
            action: string;
            /** @description `user:NAME`, `robot:NAME`, `system` or `anonymous`. */
            actor: string;
            /** @description The client's address, where it is known. */
            address: string | null;
            /** @description Its full state after, if it exists. */
            after: Record<string, never> | null;
            /** @description When. */
            at: components["schemas"]["Timestamp"];
            /** @description Its full state before, if it existed. */
            before: Record<string, never> | null;
            /** @description The hash of this record: SHA-256 of its canonical text, in hex. */
            hash: string;
            /**
             * @description `user`, `robot`, `group`, `service`, `rule`, `access-key`, `refresh-token`, `identity-provider`,
             *     `identity`, `invitation`, `signing-key`, `database`.
             */
            kind: string;
            /** @description The object's name or id. */
            name: string;
            /** @description The hash of the record before; empty for the first. */
            prev_hash: string;
            /** @description The request's id. */
            request_id: string;
            /**
             * Format: int64
             * @description Its place in the trail, from 1, without gaps.
             */
            seq: number;
            /** @description The transaction it was part of. */
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
             * @description With which key.
             */
            access_key?: string | null;
            /**
             * @description an IP address
             * @example 192.0.2.1
             */
            address?: string | null;
            at?: components["schemas"]["Timestamp"] | null;
            /**
             * @description What is asked: at most 64 scopes between spaces.
             * @example repository:web/site:pull,push
             */
            scope: string;
            /** @description For which registry. */
            service: components["schemas"]["ServiceName"];
            /**
             * @description a user, a robot, or `anonymous`
             * @example user:admin
             */
            subject: string;
        };
        /** @description The answer to a check. */
        CheckAnswer: {
            /** @description What a token would grant. */
            granted: components["schemas"]["Access"];
            /** @description Scopes and actions that are malformed and so grant nothing, each with the reason. */
            ignored: components["schemas"]["Dropped"][];
            /** @description Why nothing is granted whatever the rules say; `null` when the rules decide. */
            inactive: string | null;
            /** @description For which registry. */
            service: components["schemas"]["ServiceName"];
            /**
             * @description a user, a robot, or `anonymous`
             * @example user:admin
             */
            subject: string;
            /** @description For every resource and action asked, why. */
            why: components["schemas"]["Explanation"][];
        };
        /** @description The answers to questions, in their order. */
        CheckAnswers: {
            /** @description One for each question. */
            answers: components["schemas"]["CheckAnswer"][];
        };
        /**
         * @description Questions to the policy.
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
            /** @description At most 500, for at most 2,000 scopes together. */
            questions: components["schemas"]["Check"][];
            /** @description Whether each answer says why; `why` is empty otherwise. It then names only rules about the subject. */
            why?: boolean;
        };
        /** @description A rule that was looked at. */
        Considered: {
            /** @description What it does where it matches. */
            effect: components["schemas"]["Effect"];
            /** @description The fields that do not match; none: it decides. */
            fields: components["schemas"]["RuleField"][];
            /** @description The rule. */
            rule: components["schemas"]["RuleName"];
        };
        /** @description A new key with its secret, which is never shown again. */
        CreatedAccessKey: {
            /** @description When it was made. */
            created_at: components["schemas"]["Timestamp"];
            expires_at: components["schemas"]["Timestamp"] | null;
            /**
             * Format: uuid
             * @description a public id
             * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
             */
            id: string;
            /** @description For people to recognise it. */
            name: string;
            /** @description what the key is narrowed to; null for no restriction */
            scopes: string[] | null;
            /** @description The credential to present as password. */
            secret: string;
        };
        /** @description A database. */
        DatabaseStatus: {
            /**
             * Format: int64
             * @description How large it is.
             */
            bytes: number;
            /** @description `sqlite` or `postgresql`. */
            kind: string;
        };
        /** @description Decisions that are no longer the same. */
        DecisionChange: {
            /**
             * @description The action; `*` for every action. Where it is `partly` so, `*` is a request for `*` itself, and every action
             *     that no rule names.
             */
            action: string;
            /** @description Whether it is granted. */
            after: boolean;
            /** @description Whether it was granted. */
            before: boolean;
            by: components["schemas"]["RuleName"] | null;
            /** @description One case of it. */
            example: components["schemas"]["DecisionExample"];
            /** @description The glob of the resources' names, as rules write it. */
            name: string;
            /** @description Whether it does not change, or not so, for some of these subjects or names. */
            partly: boolean;
            /** @description For whom, as rules write it. */
            selector: string;
            /** @description At which registries: a name, or a glob as rules write it. */
            service: string;
            /** @description The resource's type; `*` for every type, or for those without rows of their own. */
            type: string;
        };
        /** @description Somebody and something for which a decision changes as told. */
        DecisionExample: {
            /** @description The client's address, where the decision depends on it. */
            address: string | null;
            /** @description The scope that must be asked for, where it is so only because a registry reads that scope otherwise. */
            asked: string | null;
            at: components["schemas"]["Timestamp"] | null;
            /** @description The resource's name. */
            name: components["schemas"]["ResourceName"];
            /** @description A user or robot, or `anonymous`. `group:NAME` is somebody who would be in a group that nobody is in. */
            subject: string;
        };
        /** @description What a device is told when it begins (RFC 8628 section 3.2). */
        DeviceAuthorization: {
            /** @description What it asks with at `/oauth2/token`; a secret. */
            device_code: string;
            /**
             * Format: int64
             * @description For how many seconds the codes are good.
             */
            expires_in: number;
            /**
             * Format: int64
             * @description How many seconds to wait between two requests.
             */
            interval: number;
            /** @description What it shows to the person in front of it: `XXXX-XXXX`. */
            user_code: string;
            /** @description The page on which the person types it. */
            verification_uri: string;
            /** @description The same page with the code filled in. */
            verification_uri_complete: string;
        };
        /** @description The form of `POST /oauth2/device_authorization`. */
        DeviceAuthorizationForm: {
            /**
             * @description What the client calls itself; any is taken.
             * @example a-tool
             */
            client_id?: string;
            /**
             * @description What the device is called on the page of approval, and in the name of its key; its address when absent.
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
             * @description For how many seconds it is good.
             */
            expires_in: number;
            /** @description Its public id, by which it is revoked. */
            key_id: string;
            /** @description `Bearer`. */
            token_type: string;
            /** @description The name of the user who approved it, as registries want it beside the key. */
            username: string;
        };
        /** @description The form of `POST /oauth2/token`. */
        DeviceTokenForm: {
            /** @description What the client calls itself; any is taken. */
            client_id?: string;
            /**
             * @description As `/oauth2/device_authorization` answered it.
             * @example unknown
             */
            device_code: string;
            /**
             * @description `urn:ietf:params:oauth:grant-type:device_code`
             * @example urn:ietf:params:oauth:grant-type:device_code
             */
            grant_type: string;
        };
        /** @description A scope, or an action of one, that is malformed. */
        Dropped: {
            /**
             * @description What is wrong with it, and what to write.
             * @example actions are lower case: write `pull`
             */
            reason: string;
            /**
             * @description The scope; for an action, the scope with that action alone.
             * @example repository:team/app:Pull
             */
            text: string;
        };
        /**
         * @description What a rule does to the actions it lists.
         * @enum {string}
         */
        Effect: "allow" | "deny";
        Explanation: {
            /** @description The action. */
            action: components["schemas"]["Action"];
            /** @description The rules that allow it, by name; they count only when none denies it. */
            allowed_by: components["schemas"]["RuleName"][];
            /** @description The enabled rules that were looked at, the nearest first, at most twenty: each with the fields that do not match. */
            considered: components["schemas"]["Considered"][];
            /** @description When it is not granted: the rules that match with this priority, at most five. */
            decided_by: components["schemas"]["RuleName"][];
            denied_by: components["schemas"]["RuleName"] | null;
            /** @description Whether it is granted. */
            granted: boolean;
            /**
             * @description When it is not granted: the rules of the next lower priority that would allow it if this priority did not decide
             *     alone, at most five.
             */
            hidden: components["schemas"]["RuleName"][];
            /** @description The resource's name. */
            name: components["schemas"]["ResourceName"];
            /** @description When no rule allows or denies it: those that come nearest, at most five. */
            near_misses: components["schemas"]["NearMiss"][];
            nothing_matches: components["schemas"]["RuleField"] | null;
            /**
             * Format: int32
             * @description The priority that decides: the highest of the rules that match; `null` when none matches.
             */
            priority: number | null;
            /** @description Allowed by the rules, but outside the restriction of the key. */
            restricted: boolean;
            /** @description The resource's type. */
            type: components["schemas"]["ResourceType"];
        };
        /** @description How far a server has followed the change feed. */
        FeedStatus: {
            /**
             * Format: double
             * @description How long ago the feed was last seen to its end.
             */
            age_seconds: number;
            /**
             * Format: int64
             * @description The number of the last change in force here.
             */
            seq: number;
        };
        /** @description One field of a changed object. */
        FieldChange: {
            /** @description Its value after; for a member, itself if it comes. */
            after: unknown;
            /** @description Its value before; for a member, itself if it goes. */
            before: unknown;
            /** @description Its name; for a member of a group, `members`. */
            field: string;
        };
        /** @description What is wrong with one field. */
        FieldProblem: {
            /** @description The field; a place in a list is written `names[2]`. */
            field: string;
            /** @description What is wrong. */
            message: string;
        };
        /** @description A group as the API shows it. */
        Group: {
            /** @description For people to read. */
            description: string;
            /** @description Who keeps it, for declarative tools. */
            managed_by: string | null;
            /** @description Users and robots in it, sorted by name. */
            members: components["schemas"]["SubjectRef"][];
            /** @description Its name. */
            name: components["schemas"]["GroupName"];
        };
        /** @description That people with a value of the groups claim are in a group here. */
        GroupMapping: {
            /** @description The group. */
            group: components["schemas"]["GroupName"];
            /**
             * @description at most 255 bytes, without control characters
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
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            members?: components["schemas"]["SubjectRef"][] | null;
            /** @description Its name. */
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
             * @description for people to read; at most 1,024 bytes
             * @default
             */
            description: string;
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description Users and robots in it, which must exist. */
            members?: components["schemas"]["SubjectRef"][];
            /** @description Its name. */
            readonly name?: components["schemas"]["GroupName"];
        };
        /** @description Selectors, or with `expand` subjects. */
        Holders: components["schemas"]["List_Holder"] | components["schemas"]["List_SubjectHolder"];
        /** @description Who vouches for a user. */
        Identity: {
            /** @description Whether the provider can be asked again without the person. */
            checkable: boolean;
            /** @description When the provider last answered. */
            checked_at: components["schemas"]["Timestamp"];
            /** @description What the provider calls the person for good. */
            external_id: string;
            /** @description What the person is called there. */
            external_name: string;
            /** @description The issuer of the provider when it last vouched. */
            issuer: string;
            /** @description The provider. */
            provider: components["schemas"]["ProviderName"];
            /** @description When the person last signed in there. */
            signed_in_at: components["schemas"]["Timestamp"];
            /** @description `active`, or `refused` when the provider said that the person may not sign in any more. */
            state: string;
            /** @description The user. */
            user: components["schemas"]["SubjectName"];
            /** @description Until when that answer is good. */
            valid_until: components["schemas"]["Timestamp"];
        };
        /** @description The fields of an identity provider that may be written, but for its secret. */
        IdentityProvider: {
            admin_groups: string[];
            /** @description Whether the other values become groups called `PROVIDER.VALUE`. */
            automatic: boolean;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            ca_file: string | null;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            client_id: string;
            /**
             * @description Whether the first sign-in of somebody unknown makes a user.
             * @default true
             */
            create_users: boolean;
            /**
             * @description Whether people may sign in with it. While it is false, people of it are not checked either.
             * @default true
             */
            enabled: boolean;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            groups_claim: string | null;
            /** @description whether it has a secret */
            has_secret: boolean;
            /**
             * Format: int64
             * @description How long the last answer of the provider is good while it is silent, seconds.
             * @default 86400
             */
            hold: number;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            issuer: string;
            /**
             * @description how an identity provider is asked
             * @default oidc
             * @example oidc
             * @enum {string}
             */
            kind: "oidc";
            /** @description labels that are set from claims: the key of the label, and the claim */
            labels: {
                [key: string]: string;
            };
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by: string | null;
            /** @description Which values of it are which groups. */
            map: components["schemas"]["GroupMapping"][];
            /**
             * Format: int64
             * @description How long a sign-in is good that cannot be checked again, seconds.
             * @default 43200
             */
            max_age: number;
            /**
             * @description the name of an identity provider
             * @example corp
             */
            name: string;
            /**
             * @description The claim that names a new user.
             * @default preferred_username
             */
            name_claim: string;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            name_strip: string | null;
            /**
             * @description What the name becomes; `{name}` stands for it.
             * @default {name}
             */
            name_template: string;
            /**
             * Format: int64
             * @description Its place on the sign-in page; lower comes first.
             */
            position: number;
            /**
             * Format: int64
             * @description How often a person is checked again, seconds.
             * @default 3600
             */
            recheck: number;
            /** @description what to register at the provider */
            redirect_uri: string;
            require_groups: string[];
            scopes: string[];
            /** @description How a provider is. */
            status: {
                /**
                 * Format: int64
                 * @description How many of them it is to be asked about.
                 */
                due: number;
                /** @description Whether nobody is cut off, because very many were gone at once. */
                held: boolean;
                /** @description What went wrong last, if it did. */
                last_error?: string | null;
                /**
                 * Format: int64
                 * @description How many users it vouches for.
                 */
                people: number;
                /** @description Whether it answered this server last; null if it was not asked since the start. */
                reachable?: boolean | null;
            };
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            title: string | null;
            warnings: {
                /**
                 * @description What it is about, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description What is the matter, and what to do. */
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
             * @description at most 255 bytes, without control characters
             * @example a
             */
            ca_file?: string | null;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            client_id?: string;
            /** @description the client secret, or the file that holds it; absent keeps it, null removes it */
            client_secret?: string | {
                file: string;
            } | null;
            create_users?: boolean | null;
            enabled?: boolean | null;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            groups_claim?: string | null;
            /** @description whether it has a secret */
            readonly has_secret?: boolean;
            hold?: number | null;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            issuer?: string;
            kind?: "oidc" | null;
            labels?: {
                [key: string]: string;
            } | null;
            /** @description who keeps it, for declarative tools; at most 255 bytes */
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
             * @description at most 255 bytes, without control characters
             * @example a
             */
            name_strip?: string | null;
            name_template?: string | null;
            position?: number | null;
            recheck?: number | null;
            /** @description what to register at the provider */
            readonly redirect_uri?: string;
            require_groups?: string[] | null;
            scopes?: string[] | null;
            /** @description How a provider is. */
            readonly status?: {
                /**
                 * Format: int64
                 * @description How many of them it is to be asked about.
                 */
                due: number;
                /** @description Whether nobody is cut off, because very many were gone at once. */
                held: boolean;
                /** @description What went wrong last, if it did. */
                last_error?: string | null;
                /**
                 * Format: int64
                 * @description How many users it vouches for.
                 */
                people: number;
                /** @description Whether it answered this server last; null if it was not asked since the start. */
                reachable?: boolean | null;
            };
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            title?: string | null;
            readonly warnings?: {
                /**
                 * @description What it is about, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description What is the matter, and what to do. */
                message: string;
            }[];
        };
        /**
         * @description The fields of an identity provider that may be written, but for its secret.
         * @example {
         *       "client_id": "portreeve",
         *       "enabled": false,
         *       "issuer": "https://id.example.org",
         *       "kind": "oidc"
         *     }
         */
        IdentityProviderPut: {
            admin_groups?: string[];
            /** @description Whether the other values become groups called `PROVIDER.VALUE`. */
            automatic?: boolean;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            ca_file?: string | null;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            client_id: string;
            /** @description the client secret, or the file that holds it; absent keeps it, null removes it */
            client_secret?: string | {
                file: string;
            } | null;
            /**
             * @description Whether the first sign-in of somebody unknown makes a user.
             * @default true
             */
            create_users: boolean;
            /**
             * @description Whether people may sign in with it. While it is false, people of it are not checked either.
             * @default true
             */
            enabled: boolean;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            groups_claim?: string | null;
            /** @description whether it has a secret */
            readonly has_secret?: boolean;
            /**
             * Format: int64
             * @description How long the last answer of the provider is good while it is silent, seconds.
             * @default 86400
             */
            hold: number;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            issuer: string;
            /**
             * @description how an identity provider is asked
             * @default oidc
             * @example oidc
             * @enum {string}
             */
            kind: "oidc";
            /** @description labels that are set from claims: the key of the label, and the claim */
            labels?: {
                [key: string]: string;
            };
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description Which values of it are which groups. */
            map?: components["schemas"]["GroupMapping"][];
            /**
             * Format: int64
             * @description How long a sign-in is good that cannot be checked again, seconds.
             * @default 43200
             */
            max_age: number;
            /**
             * @description the name of an identity provider
             * @example corp
             */
            readonly name?: string;
            /**
             * @description The claim that names a new user.
             * @default preferred_username
             */
            name_claim: string;
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            name_strip?: string | null;
            /**
             * @description What the name becomes; `{name}` stands for it.
             * @default {name}
             */
            name_template: string;
            /**
             * Format: int64
             * @description Its place on the sign-in page; lower comes first.
             */
            position?: number;
            /**
             * Format: int64
             * @description How often a person is checked again, seconds.
             * @default 3600
             */
            recheck: number;
            /** @description what to register at the provider */
            readonly redirect_uri?: string;
            require_groups?: string[];
            scopes?: string[];
            /** @description How a provider is. */
            readonly status?: {
                /**
                 * Format: int64
                 * @description How many of them it is to be asked about.
                 */
                due: number;
                /** @description Whether nobody is cut off, because very many were gone at once. */
                held: boolean;
                /** @description What went wrong last, if it did. */
                last_error?: string | null;
                /**
                 * Format: int64
                 * @description How many users it vouches for.
                 */
                people: number;
                /** @description Whether it answered this server last; null if it was not asked since the start. */
                reachable?: boolean | null;
            };
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            title?: string | null;
            readonly warnings?: {
                /**
                 * @description What it is about, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description What is the matter, and what to do. */
                message: string;
            }[];
        };
        /** @description What a test found. */
        IdentityProviderTest: {
            /** @description Whether all is right. */
            ok: boolean;
            person: components["schemas"]["IdentityProviderTestPerson"] | null;
            /** @description What was tried, in order. */
            steps: components["schemas"]["IdentityProviderTestStep"][];
        };
        /** @description Whom to try. */
        IdentityProviderTestFields: {
            /** @description Claims as the provider would send them: what they would make of a person is told. */
            claims?: Record<string, never> | null;
            user?: components["schemas"]["SubjectName"] | null;
        };
        /** @description What a person would get. */
        IdentityProviderTestPerson: {
            /** @description Whether they would be an administrator. */
            admin: boolean;
            /** @description What the provider calls them for good. */
            external_id: string;
            /** @description Their groups here. */
            groups: components["schemas"]["GroupName"][];
            /** @description Their labels. */
            labels: {
                [key: string]: string[];
            };
            /** @description The name of the user. */
            name: string;
            /** @description The rules that are about them. */
            rules: string[];
        };
        /** @description One step of a test. */
        IdentityProviderTestStep: {
            /** @description Whether it is right. */
            ok: boolean;
            /** @description What was tried. */
            step: string;
            /** @description What was found, and what to do. */
            text: string;
        };
        /** @description Who a user is at a provider. */
        IdentityPut: {
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            external_id: string;
            /** @description The provider. */
            provider: components["schemas"]["ProviderName"];
        };
        /** @description A new invitation. Its link is never shown again. */
        Invitation: {
            /** @description When it ends. */
            expires_at: components["schemas"]["Timestamp"];
            /**
             * @description The page on which the user sets the first password, once.
             * @example https://auth.example.org/signin/invite/ptr_i_…
             */
            url: string;
        };
        /**
         * @description the form of the `kid`
         * @example libtrust
         * @enum {string}
         */
        KeyIdForm: "libtrust" | "thumbprint";
        /**
         * @description how an access key was made
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
         * @description When somebody last signed in. Sessions and keys that are gone are not counted, and passwords of clients that keep
         *     no session are not noted anywhere.
         */
        LastSignIn: {
            access_key: components["schemas"]["Timestamp"] | null;
            browser: components["schemas"]["Timestamp"] | null;
            client: components["schemas"]["Timestamp"] | null;
        };
        /** @description The account of a user at an identity provider. It never changes. */
        LinkedIdentity: {
            /**
             * @description at most 255 bytes, without control characters
             * @example a
             */
            external_id: string;
            /** @description The provider. */
            provider: components["schemas"]["ProviderName"];
        };
        /** @description A page of a list. */
        List_AccessKey: {
            /** @description The entries. */
            items: {
                /** @description When it was made. */
                created_at: components["schemas"]["Timestamp"];
                expires_at?: components["schemas"]["Timestamp"] | null;
                /**
                 * Format: uuid
                 * @description a public id
                 * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
                 */
                id: string;
                /** @description From where it was last used. */
                last_address?: string | null;
                last_used_at?: components["schemas"]["Timestamp"] | null;
                /** @description For people to recognise it. */
                name: string;
                /** @description How it was made: `api`, `browser` (on the page of the own keys) or `device` (by a device that its owner approved). */
                origin: components["schemas"]["KeyOrigin"];
                /** @description what the key is narrowed to; null for no restriction */
                scopes?: string[] | null;
                /** @description Whose it is. */
                subject: components["schemas"]["SubjectRef"];
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_ChangeRecord: {
            /** @description The entries. */
            items: {
                /**
                 * @description `create`, `update`, `delete`, `revoke`, `add-member`, `remove-member`; of signing keys `rotate`; of the
                 *     database as a whole `backup`, `restore`, `copy`.
                 */
                action: string;
                /** @description `user:NAME`, `robot:NAME`, `system` or `anonymous`. */
                actor: string;
                /** @description The client's address, where it is known. */
                address?: string | null;
                /** @description Its full state after, if it exists. */
                after?: Record<string, never> | null;
                /** @description When. */
                at: components["schemas"]["Timestamp"];
                /** @description Its full state before, if it existed. */
                before?: Record<string, never> | null;
                /** @description The hash of this record: SHA-256 of its canonical text, in hex. */
                hash: string;
                /**
                 * @description `user`, `robot`, `group`, `service`, `rule`, `access-key`, `refresh-token`, `identity-provider`,
                 *     `identity`, `invitation`, `signing-key`, `database`.
                 */
                kind: string;
                /** @description The object's name or id. */
                name: string;
                /** @description The hash of the record before; empty for the first. */
                prev_hash: string;
                /** @description The request's id. */
                request_id: string;
                /**
                 * Format: int64
                 * @description Its place in the trail, from 1, without gaps.
                 */
                seq: number;
                /** @description The transaction it was part of. */
                tx: string;
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Group: {
            /** @description The entries. */
            items: {
                /** @description For people to read. */
                description: string;
                /** @description Who keeps it, for declarative tools. */
                managed_by?: string | null;
                /** @description Users and robots in it, sorted by name. */
                members: components["schemas"]["SubjectRef"][];
                /** @description Its name. */
                name: components["schemas"]["GroupName"];
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Holder: {
            /** @description The entries. */
            items: {
                /** @description What must be true besides; `null` when nothing. */
                condition?: string | null;
                /** @description The rule that lets them. */
                rule: components["schemas"]["RuleName"];
                /** @description Whom the rule names. */
                selector: components["schemas"]["Selector"];
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_IdentityProvider: {
            /** @description The entries. */
            items: {
                admin_groups?: string[];
                /** @description Whether the other values become groups called `PROVIDER.VALUE`. */
                automatic?: boolean;
                /**
                 * @description at most 255 bytes, without control characters
                 * @example a
                 */
                ca_file?: string | null;
                /**
                 * @description at most 255 bytes, without control characters
                 * @example a
                 */
                client_id: string;
                /**
                 * @description Whether the first sign-in of somebody unknown makes a user.
                 * @default true
                 */
                create_users: boolean;
                /**
                 * @description Whether people may sign in with it. While it is false, people of it are not checked either.
                 * @default true
                 */
                enabled: boolean;
                /**
                 * @description at most 255 bytes, without control characters
                 * @example a
                 */
                groups_claim?: string | null;
                /** @description whether it has a secret */
                has_secret?: boolean;
                /**
                 * Format: int64
                 * @description How long the last answer of the provider is good while it is silent, seconds.
                 * @default 86400
                 */
                hold: number;
                /**
                 * @description at most 255 bytes, without control characters
                 * @example a
                 */
                issuer: string;
                /**
                 * @description how an identity provider is asked
                 * @default oidc
                 * @example oidc
                 * @enum {string}
                 */
                kind: "oidc";
                /** @description labels that are set from claims: the key of the label, and the claim */
                labels?: {
                    [key: string]: string;
                };
                /** @description who keeps it, for declarative tools; at most 255 bytes */
                managed_by?: string | null;
                /** @description Which values of it are which groups. */
                map?: components["schemas"]["GroupMapping"][];
                /**
                 * Format: int64
                 * @description How long a sign-in is good that cannot be checked again, seconds.
                 * @default 43200
                 */
                max_age: number;
                /**
                 * @description the name of an identity provider
                 * @example corp
                 */
                name?: string;
                /**
                 * @description The claim that names a new user.
                 * @default preferred_username
                 */
                name_claim: string;
                /**
                 * @description at most 255 bytes, without control characters
                 * @example a
                 */
                name_strip?: string | null;
                /**
                 * @description What the name becomes; `{name}` stands for it.
                 * @default {name}
                 */
                name_template: string;
                /**
                 * Format: int64
                 * @description Its place on the sign-in page; lower comes first.
                 */
                position?: number;
                /**
                 * Format: int64
                 * @description How often a person is checked again, seconds.
                 * @default 3600
                 */
                recheck: number;
                /** @description what to register at the provider */
                redirect_uri?: string;
                require_groups?: string[];
                scopes?: string[];
                /** @description How a provider is. */
                status?: {
                    /**
                     * Format: int64
                     * @description How many of them it is to be asked about.
                     */
                    due: number;
                    /** @description Whether nobody is cut off, because very many were gone at once. */
                    held: boolean;
                    /** @description What went wrong last, if it did. */
                    last_error?: string | null;
                    /**
                     * Format: int64
                     * @description How many users it vouches for.
                     */
                    people: number;
                    /** @description Whether it answered this server last; null if it was not asked since the start. */
                    reachable?: boolean | null;
                };
                /**
                 * @description at most 255 bytes, without control characters
                 * @example a
                 */
                title?: string | null;
                warnings?: {
                    /**
                     * @description What it is about, in one word for programs.
                     * @example certificate-ends
                     */
                    code: string;
                    /** @description What is the matter, and what to do. */
                    message: string;
                }[];
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_OpenInvitation: {
            /** @description The entries. */
            items: {
                /** @description When it was made. */
                created_at: components["schemas"]["Timestamp"];
                /** @description When it ends. */
                expires_at: components["schemas"]["Timestamp"];
                /** @description The user whom it is for. */
                user: components["schemas"]["SubjectName"];
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_RefreshToken: {
            /** @description The entries. */
            items: {
                /** @description What the client called itself. */
                client_id: string;
                /** @description When it was made. */
                created_at: components["schemas"]["Timestamp"];
                /** @description Its absolute end. */
                expires_at: components["schemas"]["Timestamp"];
                /**
                 * Format: uuid
                 * @description a public id
                 * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
                 */
                id: string;
                /** @description From where it was last used. */
                last_address?: string | null;
                /** @description When it was last used, to the minute. */
                last_used_at: components["schemas"]["Timestamp"];
                /** @description The only service it is good for. */
                service: components["schemas"]["ServiceName"];
                /** @description Whose it is. */
                subject: components["schemas"]["SubjectRef"];
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Robot: {
            /** @description The entries. */
            items: {
                /** @description Whether it may do everything in the administration API. */
                admin: boolean;
                /** @description For people to read. */
                description: string;
                /** @description Whether it is shut out. */
                disabled: boolean;
                expires_at?: components["schemas"]["Timestamp"] | null;
                /** @description The groups it belongs to. */
                groups: components["schemas"]["GroupName"][];
                /** @description Attributes that rules may use. */
                labels: components["schemas"]["Labels"];
                /** @description Who keeps it, for declarative tools. */
                managed_by?: string | null;
                /** @description Its name. */
                name: components["schemas"]["SubjectName"];
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Rule: {
            /** @description The entries. */
            items: {
                /**
                 * @description Actions or `*`.
                 * @default []
                 */
                actions: components["schemas"]["Action"][];
                /**
                 * @description for people to read; at most 1,024 bytes
                 * @default
                 */
                description: string;
                /**
                 * @description `allow` or `deny`.
                 * @default allow
                 */
                effect: components["schemas"]["Effect"];
                /**
                 * @description Whether the rule counts.
                 * @default true
                 */
                enabled: boolean;
                /** @description who keeps it, for declarative tools; at most 255 bytes */
                managed_by?: string | null;
                /**
                 * @description Its identity.
                 * @default
                 */
                name: components["schemas"]["RuleName"];
                /**
                 * @description About which names.
                 * @default []
                 */
                names: components["schemas"]["NameGlob"][];
                /** @description the client's networks; empty for anywhere */
                networks?: string[];
                /** @default null */
                not_after: components["schemas"]["Timestamp"] | null;
                /** @default null */
                not_before: components["schemas"]["Timestamp"] | null;
                /**
                 * Format: int32
                 * @description The tier.
                 * @default 0
                 */
                priority: number;
                /**
                 * @description For which services.
                 * @default [
                 *       "*"
                 *     ]
                 */
                services: components["schemas"]["ServiceGlob"][];
                /**
                 * @description Whom it is about; empty only when it is disabled.
                 * @default []
                 */
                subjects: components["schemas"]["Selector"][];
                /**
                 * @description A resource type or `*`.
                 * @default repository
                 */
                type: components["schemas"]["TypePattern"];
                warnings?: null | {
                    /**
                     * @description What it is about, in one word for programs.
                     * @example certificate-ends
                     */
                    code: string;
                    /** @description What is the matter, and what to do. */
                    message: string;
                }[];
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_Service: {
            /** @description The entries. */
            items: {
                key_id?: components["schemas"]["KeyIdForm"] | null;
                /** @description Who keeps it, for declarative tools. */
                managed_by?: string | null;
                /** @description The audience. */
                name: components["schemas"]["ServiceName"];
                /** @description Whether people get refresh tokens for it. */
                offline_tokens: boolean;
                /** @description Whether passwords are accepted by `grant_type=password`; access keys always are. */
                password_grant: boolean;
                /** @description The kind of registry that verifies its tokens. */
                profile: components["schemas"]["Profile"];
                /** @description Whether `push` is read as `pull,push`; null is what the profile says. */
                push_includes_pull?: boolean | null;
                /** @description How long its tokens are good for, seconds. */
                token_ttl: components["schemas"]["Ttl"];
                trust?: components["schemas"]["Trust"] | null;
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_SubjectHolder: {
            /** @description The entries. */
            items: {
                /** @description The rule that lets them. */
                rule: components["schemas"]["RuleName"];
                /**
                 * @description a user, a robot, or `anonymous`
                 * @example user:admin
                 */
                subject: string;
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_SubjectRef: {
            /** @description The entries. */
            items: string[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /** @description A page of a list. */
        List_User: {
            /** @description The entries. */
            items: {
                /** @description Whether the user may do everything in the administration API. */
                admin: boolean;
                /** @description When it was made. */
                created_at: components["schemas"]["Timestamp"];
                /** @description Whether the user is shut out. */
                disabled: boolean;
                /** @description The groups the user belongs to. */
                groups: components["schemas"]["GroupName"][];
                /** @description Whether there is a password. */
                has_password: boolean;
                identity?: components["schemas"]["LinkedIdentity"] | null;
                /** @description Attributes that rules may use. */
                labels: components["schemas"]["Labels"];
                /** @description Who keeps it, for declarative tools. */
                managed_by?: string | null;
                /** @description The name to sign in with. */
                name: components["schemas"]["SubjectName"];
                /** @description When it was last changed. */
                updated_at: components["schemas"]["Timestamp"];
            }[];
            /** @description What to give as `after` for the next page; `null` on the last. */
            next: string | null;
            /**
             * Format: int64
             * @description With `?total=true`: how many entries the whole list has.
             */
            total?: number;
        };
        /**
         * @description a pattern over names, segment by segment: `*`, `?`, `**` as a whole segment, `${subject}`, `${group}`, `${label:KEY}`; at most 512 bytes, and at most two different placeholders more than once
         * @example web/**
         */
        NameGlob: string;
        /** @description A rule that would have granted, but for one field. */
        NearMiss: {
            /** @description The one field that does not match. */
            failed: components["schemas"]["RuleField"];
            /** @description The rule. */
            rule: components["schemas"]["RuleName"];
        };
        /**
         * @description What a new key is made from.
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
             * @description for people to recognise it; at most 255 bytes
             * @example ci
             */
            name: string;
            /** @description what the key is narrowed to; null for no restriction */
            scopes?: string[] | null;
        };
        /** @description How many objects of each kind there are. */
        ObjectCounts: {
            /**
             * Format: int64
             * @description Access keys.
             */
            access_keys: number;
            /**
             * Format: int64
             * @description Groups.
             */
            groups: number;
            /**
             * Format: int64
             * @description Refresh tokens.
             */
            refresh_tokens: number;
            /**
             * Format: int64
             * @description Robots.
             */
            robots: number;
            /**
             * Format: int64
             * @description Rules.
             */
            rules: number;
            /**
             * Format: int64
             * @description Services.
             */
            services: number;
            /**
             * Format: int64
             * @description Users.
             */
            users: number;
        };
        /** @description An invitation that can still be used, as the API lists it: without its link. */
        OpenInvitation: {
            /** @description When it was made. */
            created_at: components["schemas"]["Timestamp"];
            /** @description When it ends. */
            expires_at: components["schemas"]["Timestamp"];
            /** @description The user whom it is for. */
            user: components["schemas"]["SubjectName"];
        };
        /** @description The browser session that the caller is signed in with. */
        OwnBrowserSession: {
            /** @description When the session ends at the latest. It ends earlier when it is not used. */
            expires_at: components["schemas"]["Timestamp"];
            /** @description Until when the sign-in is recent enough for what asks for a fresh one. */
            fresh_until: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description How long it may be left alone before it ends, seconds.
             */
            idle_seconds: number;
            /** @description When they signed in. */
            signed_in_at: components["schemas"]["Timestamp"];
            /** @description Who is signed in. */
            subject: components["schemas"]["SubjectRef"];
        };
        /**
         * @description A question of somebody about themselves.
         * @example {
         *       "scope": "repository:web/site:pull,push",
         *       "service": "registry"
         *     }
         */
        OwnCheck: {
            /**
             * @description What is asked: at most 64 scopes between spaces.
             * @example repository:web/site:pull,push
             */
            scope: string;
            service?: components["schemas"]["ServiceName"] | null;
        };
        /** @description The registries, and where their clients get tokens. */
        OwnServices: {
            /** @description The URL that clients reach the token endpoint at; null when nothing is served. */
            realm: string | null;
            /** @description The names of the services, sorted. */
            services: components["schemas"]["ServiceName"][];
        };
        /** @description A change of the own password. */
        PasswordChange: {
            /**
             * @description The one that holds.
             * @example the password that held until now
             */
            current_password: string;
            /**
             * Format: password
             * @description at most 1,024 bytes; not the name, and not one character repeated
             * @example a perfectly long password
             */
            new_password: string;
        };
        /** @description The answer to an apply: the difference between before and after. */
        Plan: {
            /** @description The changed objects, the first 1,000. */
            changes: components["schemas"]["PlannedChange"][];
            /**
             * Format: int64
             * @description How many more there are.
             */
            changes_omitted: number;
            /** @description Decisions that are no longer the same, the first 1,000. */
            decisions: components["schemas"]["DecisionChange"][];
            /** @description How many more there may be; 0: the list is complete. */
            decisions_omitted: number;
            /** @description Whether nothing was changed. */
            dry_run: boolean;
            /** @description How many objects were treated how. */
            summary: components["schemas"]["Summary"];
            /** @description What lint says of the changed rules. */
            warnings: components["schemas"]["RuleWarning"][];
        };
        /** @description One changed object. */
        PlannedChange: {
            /** @description `create`, `update`, `delete` or `revoke`. */
            action: string;
            /** @description What about it. */
            fields: components["schemas"]["FieldChange"][];
            /** @description What it is. */
            kind: string;
            /** @description Its name or id. */
            name: string;
        };
        /** @description The access key somebody is signed in with. */
        PresentedKey: {
            /**
             * Format: uuid
             * @description a public id
             * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
             */
            id: string;
            /** @description what the key is narrowed to; null for no restriction */
            scopes: string[] | null;
        };
        /** @description A refusal, as clients read it. */
        Problem: {
            /** @description What a page does about it: `sign-in-again` or `signed-out`. */
            code?: string | null;
            /** @description What went wrong here, and what to do. */
            detail: string;
            /** @description What is wrong with which field. */
            errors?: components["schemas"]["FieldProblem"][];
            /** @description The rules that name the object. */
            rules?: string[];
            /**
             * Format: int32
             * @description The status.
             */
            status: number;
            /** @description What the status means. */
            title: string;
            /** @description `urn:portreeve:not-administrator`, or `about:blank` where the status says it all. */
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
        /** @description The identity of a user after the provider was asked, and what came of it. */
        RecheckedIdentity: components["schemas"]["Identity"] & {
            /**
             * @description `confirmed`; `refused`; `silent` when the provider gave no answer; `unclear` when it said nothing usable about this
             *     user; `held` when it refuses very many at once, so that nobody is cut off; `overtaken` when the user or the provider
             *     was changed meanwhile; `elsewhere` when another server is asking.
             */
            outcome: string;
            /** @description What was wrong with the answer. */
            reason?: string | null;
        };
        /** @description A refresh token as the API shows it, without its secret. */
        RefreshToken: {
            /** @description What the client called itself. */
            client_id: string;
            /** @description When it was made. */
            created_at: components["schemas"]["Timestamp"];
            /** @description Its absolute end. */
            expires_at: components["schemas"]["Timestamp"];
            /**
             * Format: uuid
             * @description a public id
             * @example 0190b3a8-5c4e-7d3a-9d5e-0a1b2c3d4e5f
             */
            id: string;
            /** @description From where it was last used. */
            last_address: string | null;
            /** @description When it was last used, to the minute. */
            last_used_at: components["schemas"]["Timestamp"];
            /** @description The only service it is good for. */
            service: components["schemas"]["ServiceName"];
            /** @description Whose it is. */
            subject: components["schemas"]["SubjectRef"];
        };
        /** @description A file that a registry must hold. It is public. */
        RegistryFile: {
            /** @description What it holds. */
            content: string;
            /** @description Where the configuration says it is. */
            path: string;
        };
        /** @description How a registry is to be set up. */
        RegistrySetUp: {
            /** @description What belongs in its configuration file or environment. */
            configuration: string;
            /** @description What must be beside it. */
            files: components["schemas"]["RegistryFile"][];
            /** @description `yaml`, `json` or `env`. */
            format: string;
            /** @description What else is to be known. */
            notes: string[];
            /** @description The kind of registry. */
            profile: components["schemas"]["Profile"];
            /** @description The service. */
            service: components["schemas"]["ServiceName"];
            /** @description How it knows keys. */
            trust: components["schemas"]["Trust"];
        };
        /** @description A server that uses the database. */
        ReplicaStatus: {
            /** @description The id of its process, chosen at its start. */
            id: string;
            /** @description When it last said that it is there. */
            seen_at: components["schemas"]["Timestamp"];
            /** @description The version of its release. */
            version: string;
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
            /** @description Whether it may do everything in the administration API. */
            admin: boolean;
            /** @description For people to read. */
            description: string;
            /** @description Whether it is shut out. */
            disabled: boolean;
            expires_at: components["schemas"]["Timestamp"] | null;
            /** @description The groups it belongs to. */
            groups: components["schemas"]["GroupName"][];
            /** @description Attributes that rules may use. */
            labels: components["schemas"]["Labels"];
            /** @description Who keeps it, for declarative tools. */
            managed_by: string | null;
            /** @description Its name. */
            name: components["schemas"]["SubjectName"];
        };
        RobotAccount: {
            access_key: components["schemas"]["PresentedKey"] | null;
            /** @description Whether it may do everything in the administration API. */
            admin: boolean;
            /** @description For people to read. */
            description: string;
            /** @description Whether it is shut out. */
            disabled: boolean;
            expires_at: components["schemas"]["Timestamp"] | null;
            /** @description The groups it belongs to. */
            groups: components["schemas"]["GroupName"][];
            /** @description Attributes that rules may use. */
            labels: components["schemas"]["Labels"];
            /** @description Who keeps it, for declarative tools. */
            managed_by: string | null;
            /** @description Its name. */
            name: components["schemas"]["SubjectName"];
            /** @description The same as rules name it. */
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
            /** @description The groups it belongs to. */
            readonly groups?: components["schemas"]["GroupName"][];
            labels?: components["schemas"]["LabelsPatch"] | null;
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description Its name. */
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
            /** @description Whether it may do everything in the administration API. */
            admin?: boolean;
            /**
             * @description for people to read; at most 1,024 bytes
             * @default
             */
            description: string;
            /** @description Whether it is shut out. */
            disabled?: boolean;
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description The groups it belongs to. */
            readonly groups?: components["schemas"]["GroupName"][];
            /** @description Attributes that rules may use. */
            labels?: components["schemas"]["Labels"];
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description Its name. */
            readonly name?: components["schemas"]["SubjectName"];
        };
        /** @description A rule as the API shows it. */
        Rule: {
            /**
             * @description Actions or `*`.
             * @default []
             */
            actions: components["schemas"]["Action"][];
            /**
             * @description for people to read; at most 1,024 bytes
             * @default
             */
            description: string;
            /**
             * @description `allow` or `deny`.
             * @default allow
             */
            effect: components["schemas"]["Effect"];
            /**
             * @description Whether the rule counts.
             * @default true
             */
            enabled: boolean;
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by: string | null;
            /**
             * @description Its identity.
             * @default
             */
            name: components["schemas"]["RuleName"];
            /**
             * @description About which names.
             * @default []
             */
            names: components["schemas"]["NameGlob"][];
            /** @description the client's networks; empty for anywhere */
            networks: string[];
            /** @default null */
            not_after: components["schemas"]["Timestamp"] | null;
            /** @default null */
            not_before: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int32
             * @description The tier.
             * @default 0
             */
            priority: number;
            /**
             * @description For which services.
             * @default [
             *       "*"
             *     ]
             */
            services: components["schemas"]["ServiceGlob"][];
            /**
             * @description Whom it is about; empty only when it is disabled.
             * @default []
             */
            subjects: components["schemas"]["Selector"][];
            /**
             * @description A resource type or `*`.
             * @default repository
             */
            type: components["schemas"]["TypePattern"];
            warnings: null | {
                /**
                 * @description What it is about, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description What is the matter, and what to do. */
                message: string;
            }[];
        };
        /**
         * @description What a rule looks at, in the order in which an explanation names it.
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
            /** @description Actions or `*`. */
            actions?: components["schemas"]["Action"][];
            description?: string | null;
            effect?: components["schemas"]["Effect"] | null;
            enabled?: boolean | null;
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description Its identity. */
            readonly name?: components["schemas"]["RuleName"];
            /** @description About which names. */
            names?: components["schemas"]["NameGlob"][];
            networks?: string[] | null;
            not_after?: components["schemas"]["Timestamp"] | null;
            not_before?: components["schemas"]["Timestamp"] | null;
            priority?: number | null;
            services?: components["schemas"]["ServiceGlob"][] | null;
            /** @description Whom it is about; empty only when it is disabled. */
            subjects?: components["schemas"]["Selector"][];
            type?: components["schemas"]["TypePattern"] | null;
            readonly warnings?: null | {
                /**
                 * @description What it is about, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description What is the matter, and what to do. */
                message: string;
            }[];
        };
        /**
         * @description A rule in plain strings, with the defaults of an absent field.
         *
         *     `name`, `subjects`, `names` and `actions` have none: left out, they are empty here and refused
         *     by `Rule::try_from`.
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
             * @description Actions or `*`.
             * @default []
             */
            actions: components["schemas"]["Action"][];
            /**
             * @description for people to read; at most 1,024 bytes
             * @default
             */
            description: string;
            /**
             * @description `allow` or `deny`.
             * @default allow
             */
            effect: components["schemas"]["Effect"];
            /**
             * @description Whether the rule counts.
             * @default true
             */
            enabled: boolean;
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description Its identity. */
            readonly name?: components["schemas"]["RuleName"];
            /**
             * @description About which names.
             * @default []
             */
            names: components["schemas"]["NameGlob"][];
            /** @description the client's networks; empty for anywhere */
            networks?: string[];
            /** @default null */
            not_after: components["schemas"]["Timestamp"] | null;
            /** @default null */
            not_before: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int32
             * @description The tier.
             * @default 0
             */
            priority: number;
            /**
             * @description For which services.
             * @default [
             *       "*"
             *     ]
             */
            services: components["schemas"]["ServiceGlob"][];
            /**
             * @description Whom it is about; empty only when it is disabled.
             * @default []
             */
            subjects: components["schemas"]["Selector"][];
            /**
             * @description A resource type or `*`.
             * @default repository
             */
            type: components["schemas"]["TypePattern"];
            readonly warnings?: null | {
                /**
                 * @description What it is about, in one word for programs.
                 * @example certificate-ends
                 */
                code: string;
                /** @description What is the matter, and what to do. */
                message: string;
            }[];
        };
        /** @description A warning about one rule. */
        RuleWarning: {
            /** @description What kind, for programs. */
            code: string;
            /** @description What it is and what to do, for people. */
            message: string;
            /** @description The rule. */
            rule: components["schemas"]["RuleName"];
        };
        /**
         * @description whom a rule is about
         * @example group:web
         */
        Selector: string;
        /** @description A service as the API shows it and as changes record it. */
        Service: {
            key_id: components["schemas"]["KeyIdForm"] | null;
            /** @description Who keeps it, for declarative tools. */
            managed_by: string | null;
            /** @description The audience. */
            name: components["schemas"]["ServiceName"];
            /** @description Whether people get refresh tokens for it. */
            offline_tokens: boolean;
            /** @description Whether passwords are accepted by `grant_type=password`; access keys always are. */
            password_grant: boolean;
            /** @description The kind of registry that verifies its tokens. */
            profile: components["schemas"]["Profile"];
            /** @description Whether `push` is read as `pull,push`; null is what the profile says. */
            push_includes_pull: boolean | null;
            /** @description How long its tokens are good for, seconds. */
            token_ttl: components["schemas"]["Ttl"];
            trust: components["schemas"]["Trust"] | null;
        };
        /**
         * @description a pattern over services: `*` any run of characters, `?` one; at most 512 bytes
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
            key_id?: components["schemas"]["KeyIdForm"] | null;
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The audience. */
            readonly name?: components["schemas"]["ServiceName"];
            offline_tokens?: boolean | null;
            password_grant?: boolean | null;
            profile?: components["schemas"]["Profile"] | null;
            /**
             * @description Whether `push` is read as `pull,push`. Null is what the profile says: true for `distribution-2`,
             *     `distribution-3` and `gitlab`, which want both rights for every write, else false.
             */
            push_includes_pull?: boolean | null;
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
            key_id?: components["schemas"]["KeyIdForm"] | null;
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The audience. */
            readonly name?: components["schemas"]["ServiceName"];
            /**
             * @description Whether people get refresh tokens for it.
             * @default true
             */
            offline_tokens: boolean;
            /**
             * @description Whether passwords are accepted by `grant_type=password`; access keys always are.
             * @default true
             */
            password_grant: boolean;
            /**
             * @description The kind of registry that verifies its tokens.
             * @default distribution-2
             */
            profile: components["schemas"]["Profile"];
            /**
             * @description Whether `push` is read as `pull,push`. Null is what the profile says: true for `distribution-2`,
             *     `distribution-3` and `gitlab`, which want both rights for every write, else false.
             */
            push_includes_pull?: boolean | null;
            /**
             * @description How long its tokens are good for, seconds.
             * @default 300
             */
            token_ttl: components["schemas"]["Ttl"];
            trust?: components["schemas"]["Trust"] | null;
        };
        /** @description A signing key. */
        SigningKeyStatus: {
            /** @description Its id, in the form that the registries of its tokens look for. */
            kid: string;
            not_after: components["schemas"]["Timestamp"] | null;
            /** @description `next`, `signing` or `retired`. */
            state: string;
        };
        /** @description How a server is, and what it works with. */
        Status: {
            /** @description The certificates that tokens and connections depend on. */
            certificates: components["schemas"]["CertificateStatus"][];
            /** @description The commit that it was built from; `unknown` if it was built outside a git checkout. */
            commit: string;
            /** @description How many objects of each kind there are. */
            counts: components["schemas"]["ObjectCounts"];
            /** @description The database. */
            database: components["schemas"]["DatabaseStatus"];
            /** @description The change feed, as far as this server follows it. */
            feed: components["schemas"]["FeedStatus"];
            /** @description The servers that use the database: each says every 30 seconds that it is there, and is listed for ten minutes. */
            replicas: components["schemas"]["ReplicaStatus"][];
            /**
             * Format: int64
             * @description The number of the last step of the database's schema.
             */
            schema: number;
            /** @description The signing keys. */
            signing_keys: components["schemas"]["SigningKeyStatus"][];
            /** @description When this server started. */
            started_at: components["schemas"]["Timestamp"];
            /** @description The version of the release. */
            version: string;
            /** @description What the operator should know. */
            warnings: components["schemas"]["Warning"][];
        };
        /**
         * @description the name of a user or robot; reserved in any case: anonymous, everyone, authenticated, system, the all-zero UUID
         * @example alice
         */
        SubjectName: string;
        /**
         * @description a user or robot
         * @example user:admin
         */
        SubjectRef: string;
        /** @description How many objects were treated how. */
        Summary: {
            /**
             * Format: int64
             * @description Made.
             */
            created: number;
            /**
             * Format: int64
             * @description Deleted by pruning.
             */
            deleted: number;
            /**
             * Format: int64
             * @description As the files say already.
             */
            unchanged: number;
            /**
             * Format: int64
             * @description Changed.
             */
            updated: number;
        };
        /**
         * Format: date-time
         * @description RFC 3339; answered in UTC
         * @example 2030-01-31T12:00:00Z
         */
        Timestamp: string;
        TokenAnswer: {
            /** @description the same */
            access_token: string;
            /** @description seconds */
            expires_in: number;
            /** @description when one was asked for and is due */
            refresh_token?: string;
            /** @description what was granted; on POST */
            scope?: string;
            /** @description the token for the registry, a JWT */
            token: string;
        };
        TokenFailure: {
            details: string;
            /** @description RFC 6749 section 5.2 */
            error: string;
            error_description: string;
            errors: {
                code: string;
                message: string;
            }[];
        };
        /** @description The form of `POST /token`. */
        TokenForm: {
            /** @description `offline` for a refresh token. */
            access_type?: string;
            /** @description What the client calls itself. */
            client_id?: string;
            /**
             * @description What proves who asks.
             * @example password
             */
            grant_type: string;
            /** @description With `password`: a password or access key. */
            password?: string;
            /** @description With `refresh_token`. */
            refresh_token?: string;
            /** @description What is asked, between spaces. */
            scope?: string;
            /** @description The registry; may be left out when there is only one. */
            service?: string;
            /** @description With `password`. */
            username?: string;
        };
        /**
         * @description how a registry knows the keys that it trusts
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
        /** @description A user as the API shows it and, but for the identity, as changes record it. */
        User: {
            /** @description Whether the user may do everything in the administration API. */
            admin: boolean;
            /** @description When it was made. */
            created_at: components["schemas"]["Timestamp"];
            /** @description Whether the user is shut out. */
            disabled: boolean;
            /** @description The groups the user belongs to. */
            groups: components["schemas"]["GroupName"][];
            /** @description Whether there is a password. */
            has_password: boolean;
            identity: components["schemas"]["LinkedIdentity"] | null;
            /** @description Attributes that rules may use. */
            labels: components["schemas"]["Labels"];
            /** @description Who keeps it, for declarative tools. */
            managed_by: string | null;
            /** @description The name to sign in with. */
            name: components["schemas"]["SubjectName"];
            /** @description When it was last changed. */
            updated_at: components["schemas"]["Timestamp"];
        };
        UserAccount: {
            access_key: components["schemas"]["PresentedKey"] | null;
            /** @description Whether the user may do everything in the administration API. */
            admin: boolean;
            /** @description When it was made. */
            created_at: components["schemas"]["Timestamp"];
            /** @description Whether the user is shut out. */
            disabled: boolean;
            /** @description The groups the user belongs to. */
            groups: components["schemas"]["GroupName"][];
            /** @description Whether there is a password. */
            has_password: boolean;
            identity: components["schemas"]["LinkedIdentity"] | null;
            /** @description Attributes that rules may use. */
            labels: components["schemas"]["Labels"];
            /** @description Who keeps it, for declarative tools. */
            managed_by: string | null;
            /** @description The name to sign in with. */
            name: components["schemas"]["SubjectName"];
            /** @description The same as rules name it. */
            subject: components["schemas"]["SubjectRef"];
            /** @description When it was last changed. */
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
            /** @description When it was made. */
            readonly created_at?: components["schemas"]["Timestamp"];
            disabled?: boolean | null;
            /** @description The groups the user belongs to. */
            readonly groups?: components["schemas"]["GroupName"][];
            /** @description Whether there is a password. */
            readonly has_password?: boolean;
            readonly identity?: components["schemas"]["LinkedIdentity"] | null;
            labels?: components["schemas"]["LabelsPatch"] | null;
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name to sign in with. */
            readonly name?: components["schemas"]["SubjectName"];
            /**
             * Format: password
             * @description at most 1,024 bytes; not the name, and not one character repeated
             * @example a perfectly long password
             */
            password?: string | null;
            /** @description instead of `password`: argon2 in PHC form, or bcrypt */
            password_hash?: string | null;
            /** @description When it was last changed. */
            readonly updated_at?: components["schemas"]["Timestamp"];
        };
        /**
         * @description The fields of a user that may be written, but for the password.
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
            /** @description Whether the user may do everything in the administration API. */
            admin?: boolean;
            /** @description When it was made. */
            readonly created_at?: components["schemas"]["Timestamp"];
            /** @description Whether the user is shut out. */
            disabled?: boolean;
            /** @description The groups the user belongs to. */
            readonly groups?: components["schemas"]["GroupName"][];
            /** @description Whether there is a password. */
            readonly has_password?: boolean;
            readonly identity?: components["schemas"]["LinkedIdentity"] | null;
            /** @description Attributes that rules may use. */
            labels?: components["schemas"]["Labels"];
            /** @description who keeps it, for declarative tools; at most 255 bytes */
            managed_by?: string | null;
            /** @description The name to sign in with. */
            readonly name?: components["schemas"]["SubjectName"];
            /**
             * Format: password
             * @description at most 1,024 bytes; not the name, and not one character repeated
             * @example a perfectly long password
             */
            password?: string | null;
            /** @description instead of `password`: argon2 in PHC form, or bcrypt */
            password_hash?: string | null;
            /** @description When it was last changed. */
            readonly updated_at?: components["schemas"]["Timestamp"];
        };
        /** @description Something that an operator should know. */
        Warning: {
            /**
             * @description What it is about, in one word for programs.
             * @example certificate-ends
             */
            code: string;
            /** @description What is the matter, and what to do. */
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
        /** @description it collides with something that exists, or rules name it */
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
        /** @description the body is larger than 1 MiB */
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
        /** @description too much at once, or the database cannot be reached */
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
        /** @description the body is not said to be JSON */
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
                 * @description A service, which must exist.
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
    apply: {
        parameters: {
            query?: {
                /**
                 * @description Only tell what would change.
                 * @example true
                 */
                dry_run?: boolean;
                /**
                 * @description Delete objects of the owner that are not in the file, of the kinds that are; needs `owner`.
                 * @example false
                 */
                prune?: boolean;
                /**
                 * @description Whose objects these are: their `managed_by`.
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
                 * @description Only this kind of object.
                 * @example user
                 */
                kind?: "user" | "robot" | "group" | "service" | "rule" | "access-key" | "refresh-token" | "identity-provider" | "identity" | "invitation" | "signing-key" | "database";
                /**
                 * @description Only objects of this name or id.
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
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /**
                 * @description The seq after which to go on, in the order asked for.
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
                after?: string;
                /**
                 * @description `true` tells how many there are in the whole list.
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
                /** @description The `ETag` that the client has: 304 when it is still that. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
                "If-Match"?: string;
                /** @description `*`: only if there is no such object. */
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
                 * @description Instead of refusing, takes it out of the rules that name it, of which those left with none are disabled; of an
                 *     identity provider, unlinks its people.
                 * @example false
                 */
                cascade?: boolean;
            };
            header?: {
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
                after?: string;
                /**
                 * @description `true` tells how many there are in the whole list.
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
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
                /** @description The `ETag` that the client has: 304 when it is still that. */
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
                 * @description When the issuer changes, takes its people along instead of refusing: their ids are the same there.
                 * @example false
                 */
                move_identities?: boolean;
            };
            header?: {
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
                "If-Match"?: string;
                /** @description `*`: only if there is no such object. */
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
                 * @description Instead of refusing, takes it out of the rules that name it, of which those left with none are disabled; of an
                 *     identity provider, unlinks its people.
                 * @example false
                 */
                cascade?: boolean;
            };
            header?: {
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                 * @description When the issuer changes, takes its people along instead of refusing: their ids are the same there.
                 * @example false
                 */
                move_identities?: boolean;
            };
            header?: {
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
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
    listRefreshTokens: {
        parameters: {
            query: {
                /**
                 * @description Whose.
                 * @example user:admin
                 */
                subject: components["schemas"]["SubjectRef"];
                /** @description Only ids that begin with this. */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
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
                 * @description Whose.
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
    listRobots: {
        parameters: {
            query?: {
                /**
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
                after?: string;
                /**
                 * @description `true` tells how many there are in the whole list.
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
                /** @description The `ETag` that the client has: 304 when it is still that. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
                "If-Match"?: string;
                /** @description `*`: only if there is no such object. */
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
                 * @description Instead of refusing, takes it out of the rules that name it, of which those left with none are disabled; of an
                 *     identity provider, unlinks its people.
                 * @example false
                 */
                cascade?: boolean;
            };
            header?: {
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
                after?: string;
                /**
                 * @description `false` does not ask lint: `warnings` is then null.
                 * @example true
                 */
                warnings?: boolean;
                /**
                 * @description `true` tells how many there are in the whole list.
                 * @example true
                 */
                total?: boolean;
                /**
                 * @description Only rules about this user or robot, also through its groups, or that name this group, `anonymous`,
                 *     `authenticated` or `everyone`.
                 * @example group:web
                 */
                subject?: string;
                /**
                 * @description Only rules one of whose names matches this one; with a placeholder, whose beginning does.
                 * @example web/site
                 */
                about?: string;
                /**
                 * @description Only rules with this effect.
                 * @example allow
                 */
                effect?: components["schemas"]["Effect"];
                /**
                 * @description Only rules that are in force, or only others.
                 * @example true
                 */
                enabled?: boolean;
                /**
                 * @description Only rules with this in their name, description, subjects, names, services or type, in upper or lower case.
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
                /** @description The `ETag` that the client has: 304 when it is still that. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
                "If-Match"?: string;
                /** @description `*`: only if there is no such object. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
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
                /** @description The `ETag` that the client has: 304 when it is still that. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
                "If-Match"?: string;
                /** @description `*`: only if there is no such object. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
    getRegistryConfig: {
        parameters: {
            query?: {
                /**
                 * @description An absolute path; where such registries usually have them if absent.
                 * @example /etc/docker/registry
                 */
                directory?: string;
                /**
                 * @description `yaml` (the default) or `env`: environment variables, which zot does not read (422).
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
    listUsers: {
        parameters: {
            query?: {
                /**
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
                after?: string;
                /**
                 * @description `true` tells how many there are in the whole list.
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
                /** @description The `ETag` that the client has: 304 when it is still that. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
                "If-Match"?: string;
                /** @description `*`: only if there is no such object. */
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
                 * @description Instead of refusing, takes it out of the rules that name it, of which those left with none are disabled; of an
                 *     identity provider, unlinks its people.
                 * @example false
                 */
                cascade?: boolean;
            };
            header?: {
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                 * @description Only names that begin with this.
                 * @example a
                 */
                q?: string;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
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
                /** @description The `ETag` that the client has: 304 when it is still that. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
                "If-Match"?: string;
                /** @description `*`: only if there is no such object. */
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
                /** @description Only if the object is still this one: its `ETag`, or `*` for any. */
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
                 * @description Makes the user as well, if there is none of this name.
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
                 * @description The registry; may be left out when there is one only.
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
                 * @description When; now when absent.
                 * @example 2030-01-01T00:00:00Z
                 */
                at?: components["schemas"]["Timestamp"];
                /**
                 * @description `true` lists each user and robot instead of selectors.
                 * @example true
                 */
                expand?: boolean;
                /**
                 * @description At most so many, 1 to 1,000; 100 when absent.
                 * @example 100
                 */
                limit?: number;
                /** @description Where the page before ended: its `next`. */
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
                 * @description The registry; may be left out when there is only one.
                 * @example registry
                 */
                service?: string;
                /**
                 * @description What is asked, between spaces; may be given several times. What does not parse grants nothing.
                 * @example repository:web/site:pull
                 */
                scope?: string;
                /** @description What the client says about itself; never trusted. */
                account?: string;
                /** @description What the client calls itself. */
                client_id?: string;
                /** @description `true` for a refresh token. */
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
            /** @description too much at once, or the database cannot be reached */
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
            /** @description too much at once, or the database cannot be reached */
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
