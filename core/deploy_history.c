/* What was deployed when. The link says what is deployed; an entry that is being made says where
 * the link will point, so that whoever reads it knows whether it happened. */
#include "core/deploy_impl.h"

#include "core/conf.h"
#include "core/json_put.h"
#include "core/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const deploy_action_name[] = {"deploy", "rollback", "undeploy"};

char *
deploy_path(const struct registry *r, const struct deploy_slot *s)
{
	const char *home = getenv("HOME");
	if (!s->path || !*s->path)
		return reg_join(r, "deploy", s->name, "current", NULL);
	return s->path[0] == '~' && home ? xasprintf("%s%s", home, s->path + 1) : xstrdup(s->path);
}

/* -- an entry as text -------------------------------------------------------------------------- */

static void
put_text(struct str *s, const char *key, const char *value)
{
	str_addf(s, ", \"%s\": ", key);
	json_put_str(s, value);
}

void
deploy_entry_put(struct str *s, const struct deploy_entry *en)
{
	str_addf(s, "{\"entry\": %d", en->number);
	put_text(s, "action", deploy_action_name[en->action]);
	str_addf(s, ", \"automatic\": %s, \"time\": ", en->automatic ? "true" : "false");
	json_put_time(s, en->time_us);
	put_text(s, "version", en->version);
	put_text(s, "from", en->from);
	put_text(s, "release", en->release);
	put_text(s, "path", en->path);
	put_text(s, "target", en->target);
	put_text(s, "by", en->by);
	put_text(s, "host", en->host);
	put_text(s, "reason", en->reason);
	str_addc(s, '}');
	reg_seal(s);
}

static char *
take_text(const struct json_node *t, const char *key)
{
	const char *z = json_text(t, key);
	return z ? xstrdup(z) : NULL;
}

static int
entry_get(struct deploy_entry *en, const char *p, size_t n, struct err *e)
{
	struct json_node *t;
	int code = reg_unseal(p, n, &t, e);
	*en = (struct deploy_entry){0};
	if (code < 0)
		return code;
	const char *action = json_text(t, "action");
	int a = 0;
	while (a < 3 && (!action || strcmp(action, deploy_action_name[a]) != 0))
		a++;
	if (a == 3 || !json_text(t, "path"))
		code = err_set(e, ERR_CORRUPT, "it lacks something");
	en->action = (enum deploy_action)(a % 3);
	en->number = (int)json_int(t, "entry", 0);
	en->automatic = json_yes(t, "automatic");
	en->time_us = json_time_us(t, "time");
	en->version = take_text(t, "version");
	en->from = take_text(t, "from");
	en->release = take_text(t, "release");
	en->path = take_text(t, "path");
	en->target = take_text(t, "target");
	en->by = take_text(t, "by");
	en->host = take_text(t, "host");
	en->reason = take_text(t, "reason");
	json_tree_free(t);
	if (code < 0)
		deploy_entry_release(en);
	return code;
}

void
deploy_entry_release(struct deploy_entry *en)
{
	free(en->version);
	free(en->from);
	free(en->release);
	free(en->path);
	free(en->target);
	free(en->by);
	free(en->host);
	free(en->reason);
	free(en->broken);
	*en = (struct deploy_entry){0};
}

/* -- the link ---------------------------------------------------------------------------------- */

int
deploy_current(const struct registry *r, const char *slot, const char *path, char **name,
	       struct err *e)
{
	char *target = regfs_readlink(path);
	*name = NULL;
	if (!target && errno == EINVAL)
		return DEPLOY_FOREIGN;
	if (!target)
		return errno == ENOENT || errno == ENOTDIR ? DEPLOY_ABSENT : err_sys(e, "%s", path);
	char *dir = reg_join(r, "deploy", slot, "releases", NULL);
	size_t n = strlen(dir);
	const char *leaf = strrchr(target, '/');
	/* In the slot's own directory it is relative, so that the registry can be moved. */
	char *own = xasprintf("/deploy/%s/current", slot);
	size_t npath = strlen(path), nown = strlen(own);
	bool own_link = npath > nown && strcmp(path + npath - nown, own) == 0;
	bool ours =
		leaf && ((own_link && strncmp(target, "releases/", 9) == 0 && leaf == target + 8) ||
			 (strncmp(target, dir, n) == 0 && target + n == leaf));
	free(own);
	if (ours && leaf[1])
		*name = xstrdup(leaf + 1);
	free(dir);
	free(target);
	return *name ? DEPLOY_OURS : DEPLOY_FOREIGN;
}

/* 1: the link is as EN leaves it; 0: it is not. */
static int
happened(const struct registry *r, const char *slot, const struct deploy_entry *en, struct err *e)
{
	char *now;
	int link = deploy_current(r, slot, en->path, &now, e);
	if (link < 0)
		return link;
	bool yes;
	if (en->release) {
		yes = now && strcmp(now, en->release) == 0;
	} else if (en->target) {
		char *target = link == DEPLOY_FOREIGN ? regfs_readlink(en->path) : NULL;
		yes = target && strcmp(target, en->target) == 0;
		free(target);
	} else {
		yes = link == DEPLOY_ABSENT;
	}
	free(now);
	return yes;
}

/* -- the entry that is being made -------------------------------------------------------------- */

int
deploy_pending_put(struct registry *r, const char *slot, const struct deploy_entry *en,
		   struct err *e)
{
	struct str s = STR_INIT;
	char *path = reg_join(r, "deploy", slot, "pending", NULL);
	deploy_entry_put(&s, en);
	int code = reg_write(r, path, s.buf, s.len, true, e);
	str_release(&s);
	free(path);
	return code;
}

/* 1: there is one and it happened: EN gets it; 0: there is none, or it did not. */
static int
pending_get(struct registry *r, const char *slot, struct deploy_entry *en, struct str *text,
	    struct err *e)
{
	char *path = reg_join(r, "deploy", slot, "pending", NULL);
	struct err why = {0};
	*en = (struct deploy_entry){0};
	int code = reg_read(path, text, &why);
	if (code == 0)
		code = entry_get(en, str_c(text), text->len, &why);
	/* One that is torn can't have been followed by a swap: it was synced before. */
	if (code == ERR_NOTFOUND || code == ERR_CORRUPT)
		code = 0;
	else if (code < 0)
		err_set(e, code, "%s", why.text);
	else
		code = happened(r, slot, en, e);
	if (code <= 0)
		deploy_entry_release(en);
	free(path);
	return code;
}

static char *
entry_path(const struct registry *r, const char *slot, int number)
{
	char leaf[16];
	snprintf(leaf, sizeof leaf, "%06d", number);
	return reg_join(r, "deploy", slot, "history", leaf, NULL);
}

int
deploy_settle(struct registry *r, const char *slot, struct err *e)
{
	struct deploy_entry en;
	struct str text = STR_INIT;
	struct stat st;
	char *path = reg_join(r, "deploy", slot, "pending", NULL);
	int code = 0;
	if (regfs_lstat(path, &st) < 0) {
		code = errno == ENOENT ? 0 : err_sys(e, "%s", path);
		goto out;
	}
	code = pending_get(r, slot, &en, &text, e);
	if (code == 1) {
		char *to = entry_path(r, slot, en.number);
		code = reg_write(r, to, text.buf, text.len, false, e);
		if (code == ERR_BUSY) /* it was published, and then the process ended */
			code = 0;
		free(to);
		deploy_entry_release(&en);
	}
	if (code == 0 && regfs_unlink(path) < 0)
		code = err_sys(e, "%s", path);
out:
	str_release(&text);
	free(path);
	return code;
}

/* -- history ----------------------------------------------------------------------------------- */

void
deploy_history_release(struct deploy_history *h)
{
	for (size_t i = 0; i < h->n; i++)
		deploy_entry_release(&h->at[i]);
	free(h->at);
	*h = (struct deploy_history){0};
}

static int
entry_number(const char *name)
{
	while (*name == '0')
		name++;
	return reg_digits(name);
}

static int
load_entry(const char *dir, const char *name, struct deploy_history *out, struct err *e)
{
	struct str text = STR_INIT;
	struct err why = {0};
	struct deploy_entry en = {0};
	char *path = xasprintf("%s/%s", dir, name);
	int code = reg_read(path, &text, &why);
	if (code == 0)
		code = entry_get(&en, str_c(&text), text.len, &why);
	if (code == ERR_SYS) {
		err_set(e, code, "%s", why.text);
	} else {
		if (code < 0)
			en = (struct deploy_entry){.broken = xasprintf("%s: %s", path, why.text)};
		en.number = entry_number(name);
		*vec_push(out->at, out->n, out->cap) = en;
		code = 0;
	}
	str_release(&text);
	free(path);
	return code;
}

static int
add_pending(struct registry *r, const char *slot, struct deploy_history *out, struct err *e)
{
	struct deploy_entry en;
	struct str text = STR_INIT;
	int code = pending_get(r, slot, &en, &text, e);
	if (code == 1) {
		if (!out->n || out->at[out->n - 1].number < en.number)
			*vec_push(out->at, out->n, out->cap) = en;
		else
			deploy_entry_release(&en);
	}
	str_release(&text);
	return code < 0 ? code : 0;
}

int
deploy_history(struct registry *r, const char *slot, struct deploy_history *out, struct err *e)
{
	char **name, *dir = reg_join(r, "deploy", slot, "history", NULL);
	size_t n;
	*out = (struct deploy_history){0};
	int code = regfs_list(dir, &name, &n) == 0 || errno == ENOENT ? 0 : err_sys(e, "%s", dir);
	for (size_t i = 0; i < n && code == 0; i++) {
		size_t len = strlen(name[i]);
		if (len > 3 && strcmp(name[i] + len - 3, ".ok") == 0) {
			name[i][len - 3] = '\0';
			for (size_t k = 0; k < out->n; k++)
				if (out->at[k].number == entry_number(name[i]))
					out->at[k].healthy = true;
		} else if (entry_number(name[i])) {
			code = load_entry(dir, name[i], out, e);
		}
	}
	if (code == 0)
		code = add_pending(r, slot, out, e);
	if (code < 0)
		deploy_history_release(out);
	regfs_names_free(name, n);
	free(dir);
	return code;
}

/* -- what is deployed -------------------------------------------------------------------------- */

void
deploy_states_free(struct deploy_state *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(s[i].slot);
		free(s[i].version);
		free(s[i].path);
	}
	free(s);
}

/* "000012-net-v7": net@v7. To be freed; NULL: no such name. */
static char *
release_version(const char *release)
{
	const char *from = strchr(release, '-'), *to = strrchr(release, '-');
	if (!from || to <= from || !reg_number(to + 1))
		return NULL;
	return xasprintf("%.*s@%s", (int)(to - from - 1), from + 1, to + 1);
}

/* The link is believed, not the history: a person may have changed it by hand. */
static int
state_of(struct registry *r, const char *slot, struct deploy_state *out, struct err *e)
{
	struct deploy_history h;
	char *now = NULL;
	*out = (struct deploy_state){.slot = xstrdup(slot)};
	int code = deploy_history(r, slot, &h, e);
	if (code < 0)
		return code;
	for (size_t i = h.n; !out->path && i-- > 0;)
		out->path = h.at[i].path ? xstrdup(h.at[i].path) : NULL;
	if (out->path)
		code = deploy_current(r, slot, out->path, &now, e);
	for (size_t i = h.n; now && i-- > 0;)
		if (h.at[i].release && strcmp(h.at[i].release, now) == 0) {
			out->since_us = h.at[i].time_us;
			out->healthy = h.at[i].healthy;
			break;
		}
	out->version = now ? release_version(now) : NULL;
	free(now);
	deploy_history_release(&h);
	return code < 0 ? code : 0;
}

int
deploy_states(struct registry *r, struct deploy_state **out, size_t *n, struct err *e)
{
	char **name, *dir = reg_join(r, "deploy", NULL);
	size_t nnames;
	*out = NULL;
	*n = 0;
	int code =
		regfs_list(dir, &name, &nnames) == 0 || errno == ENOENT ? 0 : err_sys(e, "%s", dir);
	if (nnames)
		*out = xcalloc(nnames, sizeof **out);
	for (size_t i = 0; i < nnames && code == 0; i++)
		if (registry_name_ok(name[i]))
			code = state_of(r, name[i], &(*out)[(*n)++], e);
	if (code < 0) {
		deploy_states_free(*out, *n);
		*out = NULL;
		*n = 0;
	}
	regfs_names_free(name, nnames);
	free(dir);
	return code;
}

int
deploy_slot_get(struct registry *r, const struct conf *c, const char *name, struct deploy_slot *out,
		struct err *e)
{
	struct stat st;
	*out = (struct deploy_slot){.name = name};
	for (int i = 0; c && i < conf_deploys(c); i++) {
		if (strcmp(conf_deploy_name(c, i), name) != 0)
			continue;
		const char *timeout = conf_deploy_key(c, i, "timeout");
		out->path = conf_deploy_key(c, i, "path");
		out->before = conf_deploy_key(c, i, "before");
		out->after = conf_deploy_key(c, i, "after");
		out->health = conf_deploy_key(c, i, "health");
		if (timeout)
			conf_parse_duration(timeout, &out->timeout_us);
		return 0;
	}
	char *dir = registry_name_ok(name) ? reg_join(r, "deploy", name, NULL) : xstrdup("");
	int code = *dir && regfs_stat(dir, &st) == 0
			   ? 0
			   : err_set(e, ERR_NOTFOUND,
				     "there is no [deploy %s] in mm.conf, and nothing was ever "
				     "deployed there",
				     name);
	free(dir);
	return code;
}
