package core

// deque is a ring of values. Its storage goes when it is empty, so that an idle session holds none.
type deque[T any] struct {
	buf  []T // length is 0 or a power of two
	head int
	n    int
}

const dequeMin = 8

func (d *deque[T]) len() int { return d.n }

// at returns the i-th value from the front.
func (d *deque[T]) at(i int) *T { return &d.buf[(d.head+i)&(len(d.buf)-1)] }

func (d *deque[T]) push(v T) {
	if d.n == len(d.buf) {
		grown := make([]T, max(dequeMin, 2*len(d.buf)))
		for i := range d.n {
			grown[i] = *d.at(i)
		}
		d.buf, d.head = grown, 0
	}
	d.n++
	*d.at(d.n - 1) = v
}

func (d *deque[T]) pop() T {
	front := d.at(0)
	v := *front
	var zero T
	*front = zero
	d.head = (d.head + 1) & (len(d.buf) - 1)
	d.n--
	if d.n == 0 && len(d.buf) > dequeMin {
		d.buf, d.head = nil, 0
	}
	return v
}

// remove takes the i-th value out and closes the gap.
func (d *deque[T]) remove(i int) T {
	v := *d.at(i)
	for ; i > 0; i-- {
		*d.at(i) = *d.at(i - 1)
	}
	d.pop()
	return v
}
