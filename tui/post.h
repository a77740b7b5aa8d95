/* post.h - `mm --post`: posts what stands on standard input (core/webhook.h), and leaves. */
#ifndef TUI_POST_H
#define TUI_POST_H

/* Returns the exit status. */
int post_main(void);

#endif
