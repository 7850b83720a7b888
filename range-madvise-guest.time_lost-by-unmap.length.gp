# gnuplot -c range-madvise-guest.time_lost-by-unmap.length.gp [png|svg|dumb]; values, 95% intervals: range-madvise-guest.time_lost-by-unmap.length.dat
term = ARGC > 0 ? ARG1 : 'dumb'
if (term eq 'png') { set terminal pngcairo noenhanced size 900,600 font 'sans,11'; set output './range-madvise-guest.time_lost-by-unmap.length.png' }
if (term eq 'svg') { set terminal svg noenhanced size 900,600 font 'sans,13' background '#ffffff'; set output './range-madvise-guest.time_lost-by-unmap.length.svg' }
if (term eq 'dumb') { set terminal dumb noenhanced size 72,26 mono; set output './range-madvise-guest.time_lost-by-unmap.length.txt' }
set title 'range-madvise: guest.time_lost, vcpu.count=4'
set grid back linetype 1 linecolor rgb '#cccccc' linewidth 0.5
set border 3
set tics nomirror
set key outside bottom center horizontal Left reverse maxcols 3
set bmargin 6
set xlabel 'unmap.length [pages]'
set ylabel 'guest.time_lost [us], lower is better'
set logscale x 10
set xtics ('1' 1, '8' 8, '64' 64, '512' 512, '4096' 4096)
set xrange [0.769231:5324.8]
set logscale y 10
set format y '%g'
set yrange [10:6.8e+03]
if (term eq 'dumb') { set key below; unset grid; unset ylabel; set bmargin -1; set title 'range-madvise: guest.time_lost, vcpu.count=4'."\n".'guest.time_lost [us], lower is better' }
data = './range-madvise-guest.time_lost-by-unmap.length.dat'
if (term eq 'dumb') plot \
  data index 0 using 1:2 with points pointtype 1 title 'merged-2.6.27', \
  data index 1 using 1:2 with points pointtype 2 title 'none-pin', \
  data index 2 using 1:2 with points pointtype 3 title 'andrea-v7 batch=64'
if (term ne 'dumb') plot \
  data index 0 using ($1*0.9804):2:3:4 with yerrorbars linecolor rgb '#000000' pointtype 0 linewidth 1 notitle, \
  data index 0 using ($1*0.9804):2 with linespoints linecolor rgb '#000000' pointtype 7 dashtype 1 linewidth 1.5 pointsize 0.9 title 'merged-2.6.27', \
  data index 1 using ($1*1.0000):2:3:4 with yerrorbars linecolor rgb '#0072B2' pointtype 0 linewidth 1 notitle, \
  data index 1 using ($1*1.0000):2 with linespoints linecolor rgb '#0072B2' pointtype 4 dashtype 2 linewidth 1.5 pointsize 1.1 title 'none-pin', \
  data index 2 using ($1*1.0200):2:3:4 with yerrorbars linecolor rgb '#D55E00' pointtype 0 linewidth 1 notitle, \
  data index 2 using ($1*1.0200):2 with linespoints linecolor rgb '#D55E00' pointtype 8 dashtype 3 linewidth 1.5 pointsize 1.2 title 'andrea-v7 batch=64'
