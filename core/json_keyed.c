/* Data are kept under numbers, too: what is known of class 1, of fold 2. Where no word says that
 * the numbers count epochs or steps, a loss has to be among what is kept. */
#include "core/json_keyed.h"

#include "core/json.h"
#include "core/num.h"
#include "core/role.h"
#include "core/source.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool
json_keyed_step(const char *key, size_t n, enum step_unit *unit, int64_t *step)
{
	static const struct {
		const char *word;
		enum step_unit unit;
	} words[] = {{"epoch", STEP_EPOCH}, {"ep", STEP_EPOCH},       {"step", STEP_STEP},
		     {"iter", STEP_STEP},   {"iteration", STEP_STEP}, {"", STEP_EPOCH}};
	size_t digits = n;
	double v;
	while (digits && isdigit((unsigned char)key[digits - 1]))
		digits--;
	if (digits == n || n - digits > 15 || !num_parse_all(key + digits, key + n, &v))
		return false;
	size_t word = digits && strchr("_- ", key[digits - 1]) ? digits - 1 : digits;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strlen(words[i].word) != word || strncasecmp(key, words[i].word, word) != 0)
			continue;
		*unit = words[i].unit;
		return num_to_step(v, step) && (word || !digits);
	}
	return false;
}

static bool
tells(const struct json *j, bool worded)
{
	char name[256];
	if (j->escaped || j->ntext >= sizeof name)
		return false;
	memcpy(name, j->text, j->ntext);
	name[j->ntext] = '\0';
	return metric_name_known(name) && (worded || strcasestr(name, "loss"));
}

bool
json_keyed(const char *p, size_t n)
{
	struct json j;
	enum json_type type;
	bool told = false, worded = false;
	size_t members = 0;
	json_init(&j, p, n);
	if (json_next(&j) != JSON_OBJECT)
		return false;
	while ((type = json_next(&j)) > JSON_DEEP) {
		enum step_unit unit;
		int64_t step;
		if (type == JSON_KEY && j.depth == 1) {
			worded = isalpha((unsigned char)*j.text);
			if (j.escaped || !json_keyed_step(j.text, j.ntext, &unit, &step) ||
			    json_next(&j) != JSON_OBJECT)
				return false;
			members++;
		} else if (type == JSON_KEY && j.depth <= 3) {
			told = told || tells(&j, worded);
		}
	}
	return type != JSON_DEEP && told && members > !worded;
}
