/* ckpt.h - a net's weights as a file in the safetensors format. */
#ifndef DEMO_CKPT_H
#define DEMO_CKPT_H

#include "tests/demo/net.h"

/* Writes PATH by way of a temporary file beside it and rename(2): whoever finds the name finds
 * the whole checkpoint. Tensors are layerN.weight [out, in] and layerN.bias [out], F32. 0, or -1
 * and errno.
 *
 * Format: 8 bytes little-endian length of a JSON header, the header (padded with blanks to a
 * multiple of 8), the tensors' bytes, little-endian, without gaps.
 * https://github.com/huggingface/safetensors */
int ckpt_write(const char *path, const struct net *n, long step, double val_loss);

#endif
