/* smooth.h - the exponential moving average that a smoothed chart shows. */
#ifndef CORE_SMOOTH_H
#define CORE_SMOOTH_H

/* sum = w·sum + (1 - w)·y, divided by what the weights add up to: without that division (Kingma &
 * Ba, arXiv:1412.6980, section 3, call it bias correction) the first values would be drawn towards
 * 0. */
struct ema {
	double weight; /* 0 ≤ w < 1; 0 changes nothing */
	double sum, norm;
};

/* The average up to and with Y. What is not finite is given back and leaves no trace. */
double ema_add(struct ema *m, double y);

#endif
