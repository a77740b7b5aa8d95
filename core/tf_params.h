/* tf_params.h - what event files say of a run's hyper-parameters and of its end. */
#ifndef CORE_TF_PARAMS_H
#define CORE_TF_PARAMS_H

#include "core/table.h"
#include "core/tf_event.h"

#include <stdbool.h>
#include <stddef.h>

enum tf_session { TF_SESSION_NONE, TF_SESSION_START, TF_SESSION_SUCCESS, TF_SESSION_FAILURE };

/* The hparams plugin's message (tensorboard/plugins/hparams/plugin_data.proto): parameters go to T.
 * Says which end of the session it tells of. False: it is none. */
bool tf_params_of_plugin(struct table *t, const char *p, size_t n, enum tf_session *session);
/* A text whose tag says that it holds the configuration: a JSON object, or a Markdown table of
 * names and values. Any other text is none of ours. */
void tf_params_of_text(struct table *t, const struct tf_value *v);

#endif
