#include "textflag.h"

// ramp holds 0, 1, 2, 3.
DATA ramp<>+0(SB)/8, $0.0
DATA ramp<>+8(SB)/8, $1.0
DATA ramp<>+16(SB)/8, $2.0
DATA ramp<>+24(SB)/8, $3.0
GLOBL ramp<>(SB), RODATA|NOPTR, $32

DATA four<>+0(SB)/8, $4.0
GLOBL four<>(SB), RODATA|NOPTR, $8

DATA low16<>+0(SB)/4, $0x0000FFFF
GLOBL low16<>(SB), RODATA|NOPTR, $4

// PLACE makes P the parts of (start + f*step) after the point, f being Y15,
// and X5 what stands before it.
#define PLACE(START, STEP, P) \
	VBROADCASTSD STEP, P \
	VMULPD Y15, P, P \
	VBROADCASTSD START, Y4 \
	VADDPD Y4, P, P \
	VCVTTPD2DQY P, X5 \
	VCVTDQ2PD X5, Y4 \
	VSUBPD Y4, P, P

// PAIR gathers four pairs of neighbouring 16-bit values, a and b, at
// BASE + 2*X3 and makes DST a + u*(b-a), u being Y0. R12 says that values are
// signed; if R13 is not 0, Y11 collects where one lies from Y12 to Y13.
#define PAIR(BASE, DST) \
	VPCMPEQD X4, X4, X4 \
	VPGATHERDD X4, (BASE)(X3*2), X5 \
	TESTQ R12, R12 \
	JZ 5(PC) \
	VPSLLD $16, X5, X6 \
	VPSRAD $16, X6, X6 \
	VPSRAD $16, X5, X5 \
	JMP 3(PC) \
	VPAND X5, X14, X6 \
	VPSRLD $16, X5, X5 \
	VCVTDQ2PD X6, Y6 \
	VCVTDQ2PD X5, Y5 \
	TESTQ R13, R13 \
	JZ 9(PC) \
	VCMPPD $13, Y12, Y6, Y7 \
	VCMPPD $2, Y13, Y6, Y4 \
	VANDPD Y4, Y7, Y7 \
	VORPD Y7, Y11, Y11 \
	VCMPPD $13, Y12, Y5, Y7 \
	VCMPPD $2, Y13, Y5, Y4 \
	VANDPD Y4, Y7, Y7 \
	VORPD Y7, Y11, Y11 \
	VSUBPD Y6, Y5, Y5 \
	VMULPD Y0, Y5, Y5 \
	VADDPD Y5, Y6, DST

// func innerAVX2(out *float64, n int, voxels unsafe.Pointer, signed, columns, plane int, i, j, k, di, dj, dk float64, padded int, low, high float64)
//
// The order of operations is that of inner, without fused multiply-adds, so
// that both give the same bits.
TEXT ·innerAVX2(SB), NOSPLIT, $0-120
	MOVQ out+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ voxels+16(FP), SI
	MOVQ signed+24(FP), R12
	MOVQ columns+32(FP), R10
	MOVQ plane+40(FP), R9
	LEAQ (SI)(R10*2), R8
	LEAQ (SI)(R9*2), R9
	LEAQ (R9)(R10*2), R10
	MOVQ padded+96(FP), R13
	VBROADCASTSD low+104(FP), Y12
	VBROADCASTSD high+112(FP), Y13
	VMOVUPD ramp<>(SB), Y15
	VPBROADCASTD low16<>(SB), X14
	VXORPD Y11, Y11, Y11

loop:
	PLACE(k+64(FP), dk+88(FP), Y2)
	VPBROADCASTD plane+40(FP), X4
	VPMULLD X4, X5, X3
	PLACE(j+56(FP), dj+80(FP), Y1)
	VPBROADCASTD columns+32(FP), X4
	VPMULLD X4, X5, X5
	VPADDD X5, X3, X3
	PLACE(i+48(FP), di+72(FP), Y0)
	VPADDD X5, X3, X3

	PAIR(SI, Y8)
	PAIR(R8, Y10)
	VSUBPD Y8, Y10, Y10
	VMULPD Y1, Y10, Y10
	VADDPD Y10, Y8, Y8
	PAIR(R9, Y9)
	PAIR(R10, Y10)
	VSUBPD Y9, Y10, Y10
	VMULPD Y1, Y10, Y10
	VADDPD Y10, Y9, Y9
	VSUBPD Y8, Y9, Y9
	VMULPD Y2, Y9, Y9
	VADDPD Y9, Y8, Y8
	VORPD Y11, Y8, Y8
	VMOVUPD Y8, (DI)
	VXORPD Y11, Y11, Y11
	ADDQ $32, DI
	VBROADCASTSD four<>(SB), Y4
	VADDPD Y4, Y15, Y15
	SUBQ $4, CX
	JG loop
	VZEROUPPER
	RET
