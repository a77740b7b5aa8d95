/* incident_facts.h - what is known of the alert that is open, line by line, what matters most
 * first. */
#ifndef TUI_INCIDENT_FACTS_H
#define TUI_INCIDENT_FACTS_H

#include "tui/model.h"
#include "tui/page.h"

void incident_facts(struct page *p, struct model *m);

#endif
